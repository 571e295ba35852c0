import Lockstep
import LockstepAPI

extension Terminal {
    /// A value on stdout, as relaxed Extended JSON on one line.
    static func print(json value: some Encodable) throws {
        print(try BSONDocument(encoding: value).json)
    }
}

extension ExtendedJSON {
    init(millisecondsSince1970 milliseconds: Int64) {
        self.init(BSONValue(millisecondsSince1970: milliseconds))
    }
}
