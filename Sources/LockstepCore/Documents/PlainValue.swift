import MongoBSON

/// The value at a path as long as only documents lie on the way; what an array on the way means is the server's to say.
package enum PlainValue {
    case absent
    case value(BSONElement)
    case insideArray

    package init(at path: FieldPath, in document: BSONView) {
        var view = document
        let components = path.components
        for (index, component) in components.enumerated() {
            guard let element = view[component: component] else {
                self = .absent
                return
            }
            if index == components.count - 1 {
                self = element.type == .undefined ? .absent : .value(element)
                return
            }
            guard element.type != .array else {
                self = .insideArray
                return
            }
            guard let next = element.nested else {
                self = .absent
                return
            }
            view = next
        }
        self = .absent
    }
}
