/// A collection by its name.
public struct Collection: Hashable, Sendable {
    public let name: String

    public init(_ name: String) {
        self.name = name
    }
}

extension Collection: ExpressibleByStringLiteral, CustomStringConvertible {
    public init(stringLiteral value: String) {
        self.init(value)
    }

    public var description: String {
        name
    }
}
