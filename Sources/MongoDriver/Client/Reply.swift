import CMongoShim
import MongoBSON

/// The server's answer to a command, in libmongoc's memory.
package struct Reply: ~Copyable {
    private let handle: OpaquePointer

    init(adopting handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        shim_reply_free(handle)
    }

    package func withView<Result, Failure: Error>(
        _ body: (BSONView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var length: UInt32 = 0
        let data = shim_reply_data(handle, &length)
        return try body(BSONView(UnsafeRawBufferPointer(start: data, count: Int(length))))
    }

    /// A copy of the whole answer.
    package var document: BSONDocument {
        withView { BSONDocument(trusted: Array($0.bytes)) }
    }
}
