import MongoBSON

/// One event of the change stream as it came, decoded only as far as it is asked.
package struct StreamEvent {
    /// Open: a server may send operations that this version does not know.
    package struct Operation: Equatable {
        package let name: String

        package static let insert = Operation(name: "insert")
        package static let update = Operation(name: "update")
        package static let replace = Operation(name: "replace")
        package static let delete = Operation(name: "delete")
        package static let drop = Operation(name: "drop")
        package static let rename = Operation(name: "rename")
        package static let dropDatabase = Operation(name: "dropDatabase")
    }

    package private(set) var operation = Operation(name: "")
    package private(set) var collection: UnsafeRawBufferPointer?
    package private(set) var id: BSONElement?
    package private(set) var clusterTime: BSONTimestamp?
    /// The whole document of an insert or a replace.
    package private(set) var fullDocument: BSONView?
    package private(set) var updatedFields: BSONView?
    package private(set) var removedFields: BSONView?
    package private(set) var truncatedArrays: BSONView?
    /// Where a rename leads.
    package private(set) var target: String?
    /// It came without its values: anything of the document may have changed.
    package let isBare: Bool
    /// Bytes of the whole event.
    package let size: Int

    package init(_ event: BSONView, isBare: Bool = false) {
        self.isBare = isBare
        size = event.bytes.count
        // By the names' lengths first, which most names differ in.
        for element in event {
            switch element.key.count {
            case 2 where element.isNamed("ns"): collection = element.nested?["coll"]?.text
            case 2 where element.isNamed("to"): target = element.nested?["coll"]?.string
            case 11 where element.isNamed("clusterTime"): clusterTime = element.timestamp
            case 11 where element.isNamed("documentKey"): id = element.nested?["_id"]
            case 12 where element.isNamed("fullDocument"): fullDocument = element.nested
            case 13 where element.isNamed("operationType"): operation = Self.operation(element)
            case 17 where element.isNamed("updateDescription"): describe(element.nested ?? .empty)
            default: break
            }
        }
    }

    private mutating func describe(_ update: BSONView) {
        for part in update {
            switch part.key.count {
            case 13 where part.isNamed("updatedFields"): updatedFields = part.nested
            case 13 where part.isNamed("removedFields"): removedFields = part.nested
            case 15 where part.isNamed("truncatedArrays"): truncatedArrays = part.nested
            default: break
            }
        }
    }

    // The common names without making a string.
    private static func operation(_ element: BSONElement) -> Operation {
        guard let text = element.text else { return Operation(name: "") }
        switch text.count {
        case 6 where text.elementsEqual("insert".utf8): return .insert
        case 6 where text.elementsEqual("update".utf8): return .update
        case 6 where text.elementsEqual("delete".utf8): return .delete
        case 7 where text.elementsEqual("replace".utf8): return .replace
        default: return Operation(name: String(decoding: text, as: UTF8.self))
        }
    }

    /// Lends the path of every field that an update touched, and whether it was removed, up to the first array index:
    /// `parts` for `parts.0.name`, since a key such as `parts.name` goes through all elements.
    package func forEachTouchedPath(_ body: (_ path: UnsafeRawBufferPointer, _ isRemoved: Bool) -> Void) {
        // mechanism touched-union, off:
        //   for field in updatedFields ?? .empty { body(Self.upToIndex(field.key), false); return }
        for field in updatedFields ?? .empty { body(Self.upToIndex(field.key), false) }
        for field in removedFields ?? .empty {
            // mechanism touched-removed
            if let path = field.text { body(Self.upToIndex(path), true) }
        }
        for array in truncatedArrays ?? .empty {
            // mechanism touched-truncated
            if let path = array.nested?["field"]?.text { body(Self.upToIndex(path), false) }
        }
    }

    private static func upToIndex(_ path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let dot = UInt8(ascii: ".")
        var start = path.startIndex
        while let end = path[start...].firstIndex(of: dot) {
            start = end + 1
            let part = path[start...].prefix { $0 != dot }
            if !part.isEmpty, part.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) {
                return UnsafeRawBufferPointer(rebasing: path[..<end])
            }
        }
        return path
    }
}
