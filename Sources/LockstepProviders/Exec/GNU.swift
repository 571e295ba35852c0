import Glibc

// glibc declares these under _GNU_SOURCE, without which Swift reads its headers. They take and return numbers
// and pointers only, for which Swift's calling convention is C's.

/// `pipe2(2)`: both ends with flags from the first moment.
@_silgen_name("pipe2")
func pipe2(_ descriptors: UnsafeMutablePointer<Int32>, _ flags: Int32) -> Int32

/// The started program changes its working directory. Since glibc 2.29.
@_silgen_name("posix_spawn_file_actions_addchdir_np")
func posix_spawn_file_actions_addchdir_np(
    _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ path: UnsafePointer<CChar>
) -> Int32

/// The started program closes every descriptor from this one on. Since glibc 2.34.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
func posix_spawn_file_actions_addclosefrom_np(
    _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32
) -> Int32

/// `fcntl` command that sets how much a pipe holds.
let F_SETPIPE_SZ: Int32 = 1031

/// Where bytes stand within others. A GNU extension.
@_silgen_name("memmem")
func memmem(
    _ bytes: UnsafeRawPointer, _ count: Int, _ part: UnsafeRawPointer, _ partCount: Int
) -> UnsafeMutableRawPointer?
