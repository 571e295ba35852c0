import LockstepCore
import MongoBSON
import Testing

struct TextInputTests {
    @Test(
        arguments: [
            ("a text", .text("a text")),
            (" kept as it is ", .text(" kept as it is ")),
            (["one", .null, " \t", "two"], .text("one\n\ntwo")),
            (["title", ["a", "b"]], .text("title\n\na\n\nb")),
            ("", .blank), (" \n\u{A0}\u{2003}\0", .blank), ([], .blank), ([.null, [" "]], .blank),
            (.null, .blank),
            (5, .other("int")), (["a", true], .other("bool")), (["a", ["b": "c"]], .other("object")),
        ] as [(BSONValue, TextInput)])
    func textsAreJoinedByABlankLine(_ value: BSONValue, _ input: TextInput) {
        #expect(TextInput(value) == input)
    }

    @Test func theValuesOfSeveralKeysAreJoinedInTheirOrder() {
        #expect(TextInput(["first", .null, ["second"]] as [BSONValue]) == .text("first\n\nsecond"))
    }
}
