import LockstepReading

/// Text encoders that OpenVINO runs in this process: `openvino: models/all-MiniLM-L6-v2`.
package struct OpenVINOKind: ProviderKind {
    package let about = "a directory of OpenVINO's"
    package let usage = "openvino: <directory>"
    package let keys = KindKeys(
        selector: KeySchema(
            "openvino", .text,
            "A directory as `optimum-cli export openvino` lays it out, relative to this file."),
        synonyms: ["path": "openvino"])

    package init() {}

    package func read(
        _ entry: YAMLNode.Entry, in model: MappingReader, problems: inout Problems
    ) -> (any ProviderSpec)? {
        let directory = entry.value.text("`openvino`", "models/all-MiniLM-L6-v2", problems: &problems)
        if directory == "" { problems.add(entry.line, "`openvino` must name the model's directory") }
        return directory.map { OpenVINOSpec(directory: $0) }
    }
}
