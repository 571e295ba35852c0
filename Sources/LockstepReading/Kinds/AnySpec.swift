/// What a kind has read, to compare with what any other kind has read.
package struct AnySpec: Hashable, Sendable {
    private let value: any Hashable & Sendable

    package init(_ value: any Hashable & Sendable) {
        self.value = value
    }

    package static func == (left: AnySpec, right: AnySpec) -> Bool {
        AnyHashable(left.value) == AnyHashable(right.value)
    }

    package func hash(into hasher: inout Hasher) {
        AnyHashable(value).hash(into: &hasher)
    }
}
