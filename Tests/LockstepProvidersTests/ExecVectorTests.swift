import Lockstep
import LockstepProviders
import Testing

/// Vectors in the answers of programs that cannot be stored as such.
@Suite struct ExecVectorTests {
    /// What Python's `json` writes for each, and why it is refused as float32, as an array, and as it is.
    static let answers: [(text: BSONValue, bson: String?, array: String?, plain: String?)] = [
        ("[1, 2.5]", nil, nil, nil), ("[1, NaN]", "NaN", "NaN", nil),
        ("[Infinity]", "infinity", "infinity", nil),
        ("[-Infinity, 1]", "infinity", "infinity", nil), ("[1e39, 1]", "infinity", nil, nil),
        ("[]", "empty", "empty", nil), ("[1, \"a\"]", nil, nil, nil), ("NaN", nil, nil, nil),
        ("\"a\"", nil, nil, nil),
    ]

    @Test func aVectorThatCannotBeOneIsRefused() async throws {
        for vectors in [VectorFormat.bson, .array, nil] {
            let folder = try ProgramFolder()
            let exec = try folder.model(answering: "[json.loads(text) for text in inputs]", vectors: vectors)
            defer { exec.shutdown() }
            let results = try await AnyModel(exec).predict(Self.answers.map(\.text))
            for (answer, result) in zip(Self.answers, results) {
                let problem = vectors == nil ? answer.plain : vectors == .bson ? answer.bson : answer.array
                switch result {
                case .success: #expect(problem == nil, "\(answer)")
                case .failure(let error):
                    #expect(error.reason.contains(problem ?? "nothing"), "\(answer): \(error)")
                }
            }
        }
    }
}
