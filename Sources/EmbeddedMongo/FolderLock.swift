import Foundation
import Synchronization

/// Says that a folder belongs to this process; falls with the process, however it ends.
final class FolderLock: Sendable {
    private let file: String
    private let descriptor = Mutex<Int32?>(nil)

    init(file: String) {
        self.file = file
    }

    deinit {
        release()
    }

    /// False while another process, or another lock of this one, has it. A file system without locks gives it to all.
    func take() -> Bool {
        descriptor.withLock { descriptor in
            guard descriptor == nil else { return true }
            let opened = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
            guard opened >= 0 else { return true }
            if flock(opened, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                close(opened)
                return false
            }
            descriptor = opened
            return true
        }
    }

    func release() {
        descriptor.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
    }
}
