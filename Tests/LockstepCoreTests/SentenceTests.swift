import LockstepCore
import Testing

@Suite struct SentenceTests {
    @Test(arguments: [
        ("it broke.", "it broke"), ("it broke", "it broke"), ("", ""), ("see `a.b`", "see `a.b`"),
    ])
    func aSentenceThatGoesOnHasNoFullStop(text: String, without: String) {
        #expect(text.withoutStop == without)
    }
}
