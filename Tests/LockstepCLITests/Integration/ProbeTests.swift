import Foundation
import Lockstep
import Testing
import TestSupport

/// `lockstep probe` on programs that behave in scripted ways; MongoDB is not needed.
struct ProbeTests {
    /// A program that gives vectors of eight numbers, by the words of a text that it reads.
    private static let program = """
        import hashlib, json, sys, time
        READS, MOST, LONGEST, MODE = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]

        def vector(text):
            numbers = [0.0] * 8
            for word in text.split()[:READS]:
                digest = hashlib.sha256(word.encode()).digest()
                for i in range(8):
                    numbers[i] += digest[i] / 255 - 0.5
            norm = sum(n * n for n in numbers) ** 0.5 or 1
            return [n / norm for n in numbers]

        for line in sys.stdin:
            request = json.loads(line)
            inputs = request["inputs"]
            with open("calls", "a") as calls:
                calls.write(line)
            texts = [i if isinstance(i, str) else i[0] for i in inputs]
            answer = {"id": request["id"]}
            if len(texts) > MOST:
                answer["predictions"] = []
            elif MODE == "sorted":
                answer["predictions"] = [vector(text) for text in sorted(texts, key=len)]
            elif MODE == "mixed":
                longest = max(texts, key=len)
                answer["predictions"] = [[a + 0.2 * b for a, b in zip(vector(t), vector(longest))] for t in texts]
            elif MODE == "words":
                answer["predictions"] = [min(len(text.split()), READS) for text in texts]
            elif MODE == "label":
                answer["predictions"] = ["text"] * len(texts)
            else:
                answer["predictions"] = [vector(text) for text in texts]
            answer["errors"] = {str(i): "too long" for i, t in enumerate(texts) if len(t.split()) > LONGEST}
            print(json.dumps(answer), flush=True)
        """

    private func place(
        reads: Int = 100_000, most: Int = 100_000, longest: Int = 100_000, mode: String = "plain",
        key: String = "text", more: String = ""
    ) throws -> Folder {
        let folder = try Folder()
        try folder.write("model.py", Self.program)
        let name = key == "text" ? "" : ", as: both"
        try folder.write(
            "lockstep.yaml",
            """
            mongodb: {uri: "mongodb://127.0.0.1:1", database: nowhere}
            models:
              trial: {exec: [python3, model.py, "\(reads)", "\(most)", "\(longest)", \(mode)]\(more)}
            listeners:
              - {model: trial, on: docs, key: \(key)\(name)}
            """)
        return folder
    }

    private func probe(
        _ folder: Folder, _ arguments: String..., status: Int32 = 0
    ) async throws -> BSONDocument {
        let ending = try await Running(["probe", "--json"] + arguments, in: folder.path).ending()
        #expect(ending.status == status, "\(ending)")
        return try BSONDocument(json: ending.out)
    }

    @Test func aModelThatDoesAllWellIsDescribed() async throws {
        let folder = try place()
        let report = try await probe(folder, "--max-tokens", "30000")
        #expect(
            report.map(\.key) == [
                "model", "dimensions", "norm", "keepsOrder", "keepsSingles", "truncatesAt", "requestLimit",
                "tokensPerRequest", "throughput", "configuration",
            ])
        #expect(report["model"]?.string == "trial" && report["dimensions"]?.int == 8)
        #expect(abs((report["norm"]?.double ?? 0) - 1) < 1e-6)
        #expect(report["keepsOrder"]?.bool == true && report["keepsSingles"]?.bool == true)
        #expect(report["truncatesAt"] == .null && report["requestLimit"] == .null)
        let throughput = report["throughput"]?.array?.compactMap(\.document) ?? []
        #expect(throughput.first?["concurrency"]?.int == 1)
        #expect(throughput.allSatisfy { ($0["perSecond"]?.double ?? 0) > 0 })
        #expect(report["configuration"]?.string == "")
    }

    @Test func theCutIsFoundToTheWord() async throws {
        let report = try await probe(place(reads: 137), "--max-tokens", "60000")
        #expect(report["truncatesAt"]?.int == 137)
        // A count of words tells texts apart by their length alone.
        let counted = try await probe(place(reads: 100, mode: "words"), "--max-tokens", "60000")
        #expect(counted["truncatesAt"]?.int == 100)
        #expect(counted["dimensions"] == .null && counted["norm"] == .null)
        #expect(counted["keepsOrder"]?.bool == true)
    }

    @Test func textsThatAreRefusedAreNotCut() async throws {
        let folder = try place(longest: 300)
        let ending = try await Running(["probe", "--max-tokens", "60000"], in: folder.path).ending()
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.out.contains("refused above") && ending.out.contains("too long"), "\(ending)")
    }

    @Test func theLargestRequestIsFoundAndWritten() async throws {
        let folder = try place(most: 19)
        let report = try await probe(folder, "--max-tokens", "60000")
        #expect(report["requestLimit"]?.int == 19)
        #expect(report["configuration"]?.string == "models:\n  trial:\n    batch: {count: 19}")
        // What it proposes is right.
        let text = try String(contentsOfFile: folder.path + "/lockstep.yaml", encoding: .utf8)
        try folder.write("lockstep.yaml", text.replacing("plain]", with: "plain], batch: {count: 19}"))
        #expect(try await probe(folder, "--max-tokens", "60000")["configuration"]?.string == "")
    }

    @Test func answersInAnotherOrderAreWrong() async throws {
        let report = try await probe(place(mode: "sorted"), "--max-tokens", "20000", status: 1)
        #expect(report["keepsOrder"]?.bool == false && report["keepsSingles"]?.bool == true)
    }

    @Test func answersThatDependOnTheirNeighboursAreWrong() async throws {
        let report = try await probe(place(mode: "mixed"), "--max-tokens", "20000", status: 1)
        #expect(report["keepsSingles"]?.bool == false)
    }

    @Test func whatDoesNotApplyIsSaidInWords() async throws {
        let folder = try place(mode: "label")
        let ending = try await Running(["probe"], in: folder.path).ending()
        #expect(ending.status == 0, "\(ending)")
        #expect(
            ending.out.contains("values of type string") && ending.out.contains("is not tried"), "\(ending)")
        #expect(ending.err.contains("for at most 200000 tokens"), "\(ending)")
    }

    @Test func aModelOfSeveralKeysIsAskedWithAsMany() async throws {
        let folder = try place(key: "[title, text]")
        let report = try await probe(folder, "trial", "--max-tokens", "20000")
        #expect(report["dimensions"]?.int == 8)
        #expect(try folder.read("calls").contains(#"", "text" ] ]"#))
    }

    @Test func theLimitsOfTheProbeAreKept() async throws {
        let folder = try place()
        let report = try await probe(folder, "--max-tokens", "3000", "--max-time", "10s")
        #expect(report["dimensions"]?.int == 8 && report["truncatesAt"] == .null)
        let words = try folder.read("calls").split(separator: " ").count
        #expect(words < 6000, "\(words) words were sent")
    }

    @Test func aModelThatIsOutIsSaidToBe() async throws {
        let folder = try place()
        try folder.write("model.py", "import sys; sys.exit('no weights')\n")
        let ending = try await Running(["probe"], in: folder.path).ending()
        #expect(ending.status == 69 && ending.err.contains("no weights"), "\(ending)")
    }

    @Test func aModelIsCalledByItsName() async throws {
        let folder = try place()
        let ending = try await Running(["probe", "tral"], in: folder.path).ending()
        #expect(ending.status == 64 && ending.err.contains("did you mean `trial`?"), "\(ending)")
    }
}

/// A folder of its own, removed with it.
private final class Folder: Sendable {
    let path = TestServer.temporaryDirectory("probe")

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
    }
}
