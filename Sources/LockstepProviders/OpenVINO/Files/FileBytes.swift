import Glibc

/// A file, read into memory of one's own: a mapping would show what others write into the file later.
struct FileBytes: ~Copyable {
    let size: Int
    private let descriptor: Int32

    /// Nil when it cannot be opened.
    static func open(_ path: String) -> FileBytes? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        return FileBytes(adopting: descriptor, size: Int(status.st_size))
    }

    private init(adopting descriptor: Int32, size: Int) {
        self.descriptor = descriptor
        self.size = size
    }

    deinit {
        close(descriptor)
    }

    /// Fills the buffer, which has the file's size. False when the file has changed its size meanwhile.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        var filled = 0
        while filled < buffer.count {
            let count = Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            filled += count
        }
        var one: UInt8 = 0
        return Glibc.read(descriptor, &one, 1) == 0
    }

    /// All of it; nil when it cannot be read.
    static func contents(of path: String) -> [UInt8]? {
        guard let file = open(path) else { return nil }
        var isWhole = false
        let bytes = [UInt8](unsafeUninitializedCapacity: file.size) { buffer, count in
            isWhole = file.read(into: UnsafeMutableRawBufferPointer(buffer))
            count = isWhole ? file.size : 0
        }
        return isWhole ? bytes : nil
    }
}
