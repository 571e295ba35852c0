/// A dotted path to a field, as `meta.title`.
public struct FieldPath: Hashable, Sendable {
    public let text: String
    // Made once: they are compared for every document that changes.
    public let components: [Substring]
    /// The paths above this one: `a` and `a.b` for `a.b.c`.
    package let ancestors: [String]

    public init(_ text: String) {
        self.text = text
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        components = parts
        ancestors = (1..<max(1, parts.count)).map { parts[..<$0].joined(separator: ".") }
    }

    public static func == (left: FieldPath, right: FieldPath) -> Bool {
        left.text == right.text
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(text)
    }

    /// Why this cannot be a key, or nil when it can.
    public var problem: String? {
        if text.isEmpty { return "a key must not be empty" }
        if text.utf8.contains(0) { return "a key must not hold a NUL byte" }
        for component in components {
            if component.isEmpty {
                return "`\(text)` has an empty part: write names with single dots between them"
            }
            if component.hasPrefix("$") {
                return "`\(text)` has a part that begins with `$`, which MongoDB keeps for operators"
            }
        }
        if text == "_id" { return "`_id` cannot change, so that nothing is to be kept in step with it" }
        if let first = components.first, first == OutputPlace.provenance {
            return "`\(OutputPlace.provenance)` holds provenance and is not an input"
        }
        return nil
    }

    /// True at or under the field of all outputs.
    package var isOutput: Bool {
        components.first.map { $0 == OutputPlace.outputs } ?? false
    }

    /// True when a change at one of them can change what stands at the other: equal, or one above the other.
    public func overlaps(_ other: FieldPath) -> Bool {
        pathsOverlap(text.utf8, other.text.utf8)
    }
}

extension FieldPath: ExpressibleByStringLiteral, CustomStringConvertible {
    public init(stringLiteral value: String) {
        self.init(value)
    }

    public var description: String {
        text
    }
}

/// ``FieldPath/overlaps(_:)`` on bytes: the shorter one is the beginning of the longer one, up to a dot or the end.
package func pathsOverlap(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
    var left = left.makeIterator()
    var right = right.makeIterator()
    let dot = UInt8(ascii: ".")
    while true {
        switch (left.next(), right.next()) {
        case (nil, nil): return true
        // mechanism touched-ancestors, off: next == dot becomes false
        case (nil, let next?), (let next?, nil): return next == dot
        case (let one?, let other?): if one != other { return false }
        }
    }
}
