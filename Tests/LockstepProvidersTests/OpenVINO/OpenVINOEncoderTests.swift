import Foundation
import Testing

@testable import LockstepProviders

/// all-MiniLM-L6-v2 on the real OpenVINO, as `make setup` installs both.
@Suite struct OpenVINOEncoderTests {
    @Test
    func everyVectorIsThatOfSentenceTransformers() throws {
        let reference = try Reference.load()
        let encoder = try Installation.encoder()

        let together = try encoder.vectors(reference.texts)
        #expect(together.count == reference.texts.count)
        for (index, text) in reference.texts.enumerated() {
            let alone = try encoder.vectors([text])
            #expect(cosine(together[index], reference.vectors[index]) >= 0.999, "\(text.prefix(40))")
            #expect(cosine(alone[0], reference.vectors[index]) >= 0.999, "\(text.prefix(40))")
        }
    }

    @Test func aVectorHas384NumbersAndNormOne() throws {
        let encoder = try Installation.encoder()
        let vectors = try encoder.vectors(["hello world", "", "🚀", "a much longer text than the others are"])
        #expect(encoder.dimensions == 384)
        for vector in vectors {
            #expect(vector.count == 384)
            #expect(abs(cosine(vector, vector) - 1) < 1e-3)
        }
    }

    @Test func textsOfMixedLengthsKeepTheirOrder() throws {
        let encoder = try Installation.encoder()
        let words = ["change", "streams", "deliver", "every", "update", "新しい", "naïve", "🚀", "--"]
        // Lengths that go up and down, more texts than a batch holds, some of them empty or alike.
        let texts = (0..<150).map { number in
            (0..<(number * 37) % 90).map { words[($0 + number) % words.count] }.joined(separator: " ")
        }
        let together = try encoder.vectors(texts)
        #expect(together.count == texts.count)
        for (text, vector) in zip(texts, together) {
            let alone = try encoder.vectors([text])
            #expect(cosine(vector, alone[0]) >= 0.999, "\(text.prefix(40))")
        }
    }

    @Test func likeMeaningsAreNearerThanUnlikeOnes() throws {
        let vectors = try Installation.encoder().vectors([
            "A man is playing guitar", "Someone plays an instrument", "The stock market fell sharply",
        ])
        #expect(cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2]) + 0.2)
    }

    @Test func noTextsGiveNoVectors() throws {
        #expect(try Installation.encoder().vectors([]).isEmpty)
    }

    @Test func whatComesAfterTheLastTokenReadDoesNotCount() throws {
        let encoder = try Installation.encoder()
        let start = String(repeating: "fox ", count: 300)
        let vectors = try encoder.vectors([start, start + String(repeating: "market ", count: 20_000)])
        #expect(cosine(vectors[0], vectors[1]) >= 0.9999)
    }

    @Test func aWordOfAMegabyteIsEncoded() throws {
        let vectors = try Installation.encoder().vectors([String(repeating: "x", count: 1 << 20), "x"])
        #expect(abs(cosine(vectors[0], vectors[0]) - 1) < 1e-3)
    }

    @Test(.timeLimit(.minutes(1))) func aTextOfADocumentsSizeIsEncoded() throws {
        // 15 MB, three-byte characters that no power of two divides.
        let text = String(repeating: "東京 é", count: 1_500_000)
        let vectors = try Installation.encoder().vectors([text, String(text.prefix(5000))])
        #expect(cosine(vectors[0], vectors[1]) >= 0.999)
    }

    @Test func aNULIsIgnored() throws {
        let vectors = try Installation.encoder().vectors(["hel\0lo\0", "hello", "\0", ""])
        #expect(cosine(vectors[0], vectors[1]) >= 0.9999)
        #expect(cosine(vectors[2], vectors[3]) >= 0.9999)
    }

    @Test func anyUnicodeIsEncoded() throws {
        let texts = [
            "👩‍👩‍👧‍👦🇩🇪", "\u{FEFF}\u{200B}", "\u{FFFD}\u{FFFF}", "e\u{301}\u{302}", "\u{1}\u{7F}",
            "שלום مرحبا", "\r\n\t",
        ]
        for vector in try Installation.encoder().vectors(texts) {
            #expect(abs(cosine(vector, vector) - 1) < 1e-3)
        }
    }

    @Test func manyThreadsEncodeAtOnce() async throws {
        let encoder = try Installation.encoder()
        let expected = try encoder.vectors((0..<8).map { "text number \($0)" })
        try await withThrowingTaskGroup(of: Float.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try (0..<5).map { _ in
                        cosine(try encoder.vectors(["text number \(number)"])[0], expected[number])
                    }.min() ?? 0
                }
            }
            for try await least in group { #expect(least >= 0.999) }
        }
    }
}

@Suite struct OpenVINOErrorTests {
    @Test func aMissingDirectoryIsNamed() throws {
        let error = #expect(throws: OpenVINOError.self) {
            try LoadedEncoder(EncoderSource(directory: "/nowhere/model"), Installation.runtime())
        }
        #expect(error?.code == .modelNotFound)
        #expect(error?.description.contains("/nowhere/model") == true)
        #expect(error?.description.contains("convert_model.py") == true)
    }

    @Test(arguments: ["openvino_model.xml", "openvino_tokenizer.xml", "openvino_model.bin"])
    func aCorruptFileIsAnErrorThatNamesTheModel(name: String) throws {
        let copy = try ModelCopy()
        defer { copy.remove() }
        try Data("<net".utf8).write(to: copy.file(name))
        let error = #expect(throws: OpenVINOError.self) {
            try copy.load()
        }
        #expect(error?.code == .modelUnreadable)
        #expect(error?.place.contains(name.prefix { $0 != "." }) == true)
        #expect(error?.recovery == .stop)
    }

    @Test func anotherGraphThanAnEncoderIsRefused() throws {
        let copy = try ModelCopy()
        defer { copy.remove() }
        for kind in ["xml", "bin"] {
            try FileManager.default.removeItem(at: copy.file("openvino_model.\(kind)"))
            try FileManager.default.copyItem(
                at: copy.file("openvino_tokenizer.\(kind)"), to: copy.file("openvino_model.\(kind)"))
        }
        let error = #expect(throws: OpenVINOError.self) {
            try copy.load()
        }
        #expect(error?.code == .modelUnsupported)
    }

    @Test func aMissingRuntimeNamesThePathsTriedAndTheInstallation() {
        for (directory, environment) in [("/nowhere" as String?, [:]), (nil, ["OPENVINO_DIR": "/nowhere"])] {
            let error = #expect(throws: OpenVINOError.self) {
                try OpenVINORuntime.load(directory: directory, environment: environment)
            }
            #expect(error?.code == .runtimeNotFound)
            #expect(error?.description.contains("/nowhere/openvino/libs/libopenvino_c.so") == true)
            #expect(error?.description.contains("pip install openvino==2026.4.1") == true)
        }
    }

    @Test func aModelIsFourFiles() {
        let names = [
            "openvino_model.bin", "openvino_model.xml", "openvino_tokenizer.bin", "openvino_tokenizer.xml",
        ]
        #expect(openVINOModelFiles(directory: "models/m") == names.map { "models/m/\($0)" })
    }
}

// ── The reference ────────────────────────────────────────────────────────────────────────────────

/// Texts and their vectors by sentence-transformers: `{"texts": […], "vectors": [[…], …]}`.
private struct Reference: Decodable {
    let texts: [String]
    let vectors: [[Float]]

    static func load() throws -> Self {
        let file = Installation.package.appending(
            path: "Tests/LockstepProvidersTests/Fixtures/minilm-vectors.json")
        return try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
    }
}

/// Of vectors of norm 1.
func cosine(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } : 0
}

extension LoadedEncoder {
    func vectors(_ texts: [String]) throws -> [[Float]] {
        try encode(texts).values
    }
}
