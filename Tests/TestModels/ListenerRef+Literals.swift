import LockstepCore

extension ListenerRef: ExpressibleByIntegerLiteral {
    package init(integerLiteral row: Int) {
        self.init(row: row)
    }
}

extension PerListener: ExpressibleByArrayLiteral {
    package init(arrayLiteral values: Value...) {
        self.init(values)
    }
}
