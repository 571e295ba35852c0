@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepSinks
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

/// A blank text is no input for a model that takes texts.
@Suite struct BlankTextTests {
    private func listener(_ keys: [FieldPath], takesTexts: Bool = true) -> Listener {
        let echo = EchoProvider(limits: BatchLimits(count: 100), takesTexts: takesTexts)
        return Listener(model: echo, on: docs, keys: keys, as: keys.count > 1 ? "joined" : nil, where: nil)
    }

    @Test(arguments: Way.allCases) func aBlankTextHasNoOutput(way: Way) async throws {
        try await withDatabase { db in
            try db.setListeners([listener(["text"])])
            let texts: [BSONValue] = ["a", " \n", ["", "\t"], [], ["", "b"]]
            try await way.bring(
                texts.enumerated().map { ["_id": BSONValue($0), "text": $1] }, to: db, in: docs)
            let stored = try await db[docs].find().filter { $0[path: "_outputs.text.echo"] != nil }
            #expect(Set(stored.compactMap { $0["_id"]?.int }) == [0, 4])
            let report = try await db.audit()[0]
            #expect(report.documents == 2 && report.fresh == 2 && report.withoutInput == 3, "\(report)")
            #expect(try await db.failures().isEmpty)
        }
    }

    @Test func aTextThatBecomesBlankTakesItsOutputAway() async throws {
        try await withDatabase { db in
            try db.setListeners([listener(["text"])])
            try await db[docs].insertMany([["_id": 1, "text": "a"], ["_id": 2, "text": ["b", "c"]]])
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.audit()[0].fresh == 2)
                try db.update([:], ["$set": ["text": " \u{A0}"]])
                try await watcher.waitUntilFresh()
                for document in try await db[docs].find() {
                    #expect(document[path: "_outputs.text.echo"] == nil)
                    #expect(document[path: "_lockstep.text.echo"] == nil)
                }
                #expect(try await db.audit()[0].withoutInput == 2)
            }
        }
    }

    /// A model of one's own takes values, and an empty text is one.
    @Test func otherModelsAreAskedForBlankTexts() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db[docs].insertMany([["_id": 1, "text": ""], ["_id": 2, "text": " "]])
            try await watching(db) { try await $0.waitUntilFresh() }
            #expect(model.inputs.sorted() == ["", " "])
        }
    }

    // MARK: One definition

    /// Texts, mostly blank, in arrays within arrays, and what is no text.
    private static func value(_ random: inout SplitMix, depth: Int = 0) -> BSONValue {
        switch random.next(below: depth < 4 ? 10 : 6) {
        case 0: .null
        case 1: LaxBSON.string(Self.bytes(&random))
        case 2: ["", " ", "a", " \u{2003}\u{1680}", "\u{200B}", "..."][random.next(below: 6)]
        case 3: [5, true, .init(binary: []), ["text": ""], .minKey][random.next(below: 5)]
        case 4:
            [LaxBSON.string([0x20], type: .symbol), LaxBSON.string([], type: .code)][
                random.next(below: 2)]
        case 5: .init("")
        default: BSONValue((0..<random.next(below: 4)).map { _ in value(&random, depth: depth + 1) })
        }
    }

    /// White space, and parts of it.
    private static func bytes(_ random: inout SplitMix) -> [UInt8] {
        let pieces: [[UInt8]] = [
            [0], [0x09], [0x0D], [0x20], [0xC2, 0xA0], [0xE1, 0x9A, 0x80], [0xE2, 0x80, 0x80],
            [0xE2, 0x80, 0x8A], [0xC2], [0xE2, 0x80], [0xA0], [0x80], [0x0E], [0xE2, 0x80, 0x8B],
        ]
        // Mostly those that are white.
        return (0..<random.next(below: 5)).flatMap { _ in
            pieces[random.next(below: random.next(below: 5) == 0 ? pieces.count : 8)]
        }
    }

    private static func documents(_ seed: UInt64) -> [BSONDocument] {
        var random = SplitMix(seed: seed)
        return (0..<1000).map { id in
            var fields: [(String, BSONValue)] = [("_id", BSONValue(id))]
            if random.next(below: 10) > 0 { fields.append(("a", value(&random))) }
            if random.next(below: 2) > 0 { fields.append(("b", value(&random))) }
            let inner = BSONDocument([("d", value(&random))])
            fields.append(("c", random.next(below: 3) > 0 ? BSONValue(inner) : [BSONValue(inner), 5]))
            return BSONDocument(fields)
        }
    }

    static let keys: [[FieldPath]] = [["a"], ["a", "b"], ["c.d"], ["c.d", "b", "a"]]

    @Test(arguments: keys, [true, false])
    func theServerAndTheReaderAgreeOnWhatAnInputIs(keys: [FieldPath], takesTexts: Bool) async throws {
        try await withDatabase { db in
            let listener = listener(keys, takesTexts: takesTexts)
            try db.setListeners([listener])
            try await db[docs].insertMany(Self.documents(UInt64(keys.count) + (takesTexts ? 10 : 0)))
            let byServer = try await db[docs].find(listener.hasInput).compactMap { $0["_id"]?.int }
            let reader = DocumentReader(db.connection, listener, try db.connection.traits(of: "docs"))
            let read = try reader.read((0..<1000).map { DocumentKey(BSONValue($0)) })
            let byReader = read.filter { $0.value.input != nil }.compactMap { $0.key.id.int }
            #expect(Set(byServer).symmetricDifference(byReader).isEmpty)
            // There are enough of both kinds to tell.
            #expect(byReader.count > 50 && byReader.count < 1000)
            for evidence in read.values where takesTexts {
                guard let input = evidence.input else { continue }
                #expect(TextInput(input.count == 1 ? input[0] : BSONValue(input)) != .blank)
            }
            let share = try InputShare.counting(listener, db.connection, within: 60_000)
            #expect(share?.withoutInput == 1000 - byReader.count)
            #expect(try await db.audit()[0].withoutInput == 1000 - byReader.count)
        }
    }

    /// Whatever the collection holds equal: a text of dots alone is no blank one.
    @Test(arguments: [nil, ["locale": "en", "alternate": "shifted", "strength": 1]] as [BSONValue?], keys)
    func anOutputIsRemovedOnlyWhileThereIsNoInput(collation: BSONValue?, keys: [FieldPath]) async throws {
        try await withDatabase { db in
            if let collation { try db.command(["create": "docs", "collation": collation]) }
            let listener = listener(keys)
            try await db[docs].insertMany(Self.documents(7))
            try db.update([:], ["$set": BSONValue(BSONDocument([(listener.outputPath.text, 1)]))])
            let reader = DocumentReader(db.connection, listener, try db.connection.traits(of: "docs"))
            let ids = (0..<1000).map { DocumentKey(BSONValue($0)) }
            let absent = try reader.read(ids).filter { $0.value.input == nil }
            _ = try db.connection.sink(of: listener).deliver(
                ids.map { OutputChange(key: $0, action: .remove(.noValues)) })
            let bare = try reader.read(ids).filter(\.value.stored.isBare)
            #expect(Set(bare.keys).symmetricDifference(absent.keys).isEmpty)
            #expect(!absent.isEmpty)
        }
    }
}

/// The same numbers each time.
private struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(bound))
    }
}
