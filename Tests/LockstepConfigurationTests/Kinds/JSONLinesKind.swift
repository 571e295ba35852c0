import Lockstep
import LockstepReading
import LockstepSinks

/// A second place for outputs, as small as one can be: `lines: <file>` of JSON.
struct JSONLinesKind: SinkKind {
    let keys = KindKeys(
        selector: KeySchema("lines", .text, "A file that takes a line for each output."),
        options: [KeySchema("rotate", .duration, "How long one file is written to.")],
        synonyms: ["jsonl": "lines"])

    func read(
        _ entry: YAMLNode.Entry?, in listener: MappingReader, problems: inout Problems
    ) -> (any SinkSpec)? {
        guard let file = entry?.value.text("`lines`", "outputs.jsonl", problems: &problems) else {
            return nil
        }
        return JSONLinesSpec(
            file: file, rotation: listener["rotate"]?.duration("`rotate`", problems: &problems))
    }

    func check(_ listeners: [ListenerSpec], areAll: Bool, problems: inout Problems) {
        var lines: [String: Int] = [:]
        for listener in listeners {
            guard let spec = listener.sink as? JSONLinesSpec else { continue }
            if let line = lines[spec.file] {
                problems.add(
                    listener.line,
                    "the listener in line \(line) writes to `\(spec.file)` too: name another file")
            } else {
                lines[spec.file] = listener.line
            }
        }
    }
}

struct JSONLinesSpec: SinkSpec {
    let file: String
    let rotation: Duration?

    func outputPath(name: String, model: String) -> FieldPath? { nil }
}
