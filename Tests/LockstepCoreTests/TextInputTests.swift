@testable import LockstepCore
import MongoBSON
import TestModels
import Testing

struct TextInputTests {
    static let inputs: [(BSONValue, TextInput)] = [
        ("a text", .text("a text")),
        (" kept as it is ", .text(" kept as it is ")),
        (["one", .null, " \t", "two"], .text("one\n\ntwo")),
        (["title", ["a", "b"]], .text("title\n\na\n\nb")),
        ("", .blank), (" \n\u{A0}\u{1680}\u{2003}\u{200A}\0", .blank), ([], .blank),
        ([.null, [" "]], .blank),
        (.null, .blank), (BSONValue(type: .undefined, bytes: []), .blank),
        // No white space to MongoDB, and what begins as it.
        ("\u{200B}", .text("\u{200B}")), ("\u{85}", .text("\u{85}")), ("\u{3000}", .text("\u{3000}")),
        (LaxBSON.string([0x20, 0xC2]), .text(" \u{FFFD}")),
        (LaxBSON.string([0xE2, 0x80]), .text("\u{FFFD}")),
        (5, .other("int")), (["a", true], .other("bool")), (["a", ["b": "c"]], .other("object")),
        (LaxBSON.string(Array("a".utf8), type: .symbol), .other("symbol")),
        // A list of keys, and an array in one of them: no text lies deeper.
        ([["a", [" "]]], .other("array")), ([[[]]], .other("array")),
    ]

    @Test(arguments: inputs) func textsAreJoinedByABlankLine(_ value: BSONValue, _ input: TextInput) {
        #expect(TextInput(value) == input)
    }

    /// Engine and model must agree on what is no input.
    @Test(arguments: inputs) func whatIsBlankIsKnownWithoutTheText(_ value: BSONValue, _ input: TextInput) {
        #expect(TextInput.isBlank([value]) == (input == .blank))
        guard case .array = value.type, let values = value.array, values.count > 1 else { return }
        #expect(TextInput.isBlank(values) == (input == .blank))
    }
}
