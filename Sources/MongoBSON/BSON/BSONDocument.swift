import CMongoShim

/// A BSON document, held as its bytes. Keys keep their order and may repeat, as in BSON.
public struct BSONDocument: Hashable, Sendable {
    public let bytes: [UInt8]

    public init() {
        bytes = [5, 0, 0, 0, 0]
    }

    public init(_ elements: [(String, BSONValue)]) {
        var builder = BSONBuilder()
        for (key, value) in elements {
            builder.append(value, forKey: key)
        }
        self = builder.finish()
    }

    /// Takes bytes from outside; nil when they are not a well-formed document.
    public init?(validating bytes: [UInt8]) {
        guard shim_bson_is_valid(bytes, bytes.count) else { return nil }
        self.bytes = bytes
    }

    /// Bytes that came out of a document or of the driver.
    package init(trusted bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The value of the first element of that name.
    public subscript(key: String) -> BSONValue? {
        withView { view in view[key].map(BSONValue.init(copying:)) }
    }

    /// The value at a dotted path through nested documents; arrays end the way.
    public subscript(path path: String) -> BSONValue? {
        var current = self
        let names = path.split(separator: ".", omittingEmptySubsequences: false)
        for name in names.dropLast() {
            guard let next = current[String(name)]?.document else { return nil }
            current = next
        }
        return current[String(names.last ?? "")]
    }

    package func withView<Result>(_ body: (BSONView) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes { try body(BSONView($0)) }
    }
}

extension BSONDocument: Sequence {
    public typealias Element = (key: String, value: BSONValue)

    public func makeIterator() -> IndexingIterator<[Element]> {
        withView { view in
            view.map { (key: $0.name, value: BSONValue(copying: $0)) }
        }.makeIterator()
    }
}

extension BSONDocument: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, BSONValue)...) {
        self.init(elements)
    }
}

extension BSONDocument: CustomStringConvertible {
    /// The document as relaxed Extended JSON.
    public var description: String {
        json
    }
}
