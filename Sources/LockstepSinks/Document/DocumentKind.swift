import LockstepCore
import LockstepReading

/// Outputs in the document that they are computed from. No key selects it.
package struct DocumentKind: SinkKind {
    package let keys = KindKeys(selector: nil)

    package init() {}

    package func read(
        _ entry: YAMLNode.Entry?, in listener: MappingReader, problems: inout Problems
    ) -> (any SinkSpec)? {
        DocumentSpec()
    }
}

package struct DocumentSpec: SinkSpec {
    package init() {}

    package func outputPath(name: String, model: String) -> FieldPath? {
        OutputPlace(stem: name, model: model).output
    }
}
