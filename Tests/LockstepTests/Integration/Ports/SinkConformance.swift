import Foundation
import Lockstep
import LockstepCore
import LockstepEngine
import LockstepSinks
import MongoBSON
import TestModels
import TestSupport
import TestModels
import Testing

/// A kind of sink on trial.
struct SinkOnTrial: Sendable, CustomTestStringConvertible {
    let what: String
    /// Nil keeps outputs in the documents.
    let store: @Sendable () -> (any OutputStore)?

    var testDescription: String { what }
}

/// What every sink has to do, asked of a real server.
@Suite struct SinkConformance {
    /// One line for each.
    static let all = [
        SinkOnTrial(what: "document") { nil },
        SinkOnTrial(what: "JSON lines") { JSONLines(.temporaryFolder()) },
    ]

    /// A sink of a listener on three documents.
    struct Setup {
        let db: Database
        let listener: Listener
        let reader: DocumentReader
        var sink: any Sink { reader.sink }
        let keys = (0..<3).map { DocumentKey(BSONValue($0)) }

        func evidence(_ key: DocumentKey) throws -> Evidence {
            try #require(try reader.read([key])[key])
        }

        func verdict(_ key: DocumentKey) throws -> Verdict {
            let evidence = try evidence(key)
            return evidence.verdict(fingerprint: evidence.input.map { Fingerprint(of: $0) }, version: "1")
        }

        /// What stores an output for the input that the document has now.
        func storing(
            _ key: DocumentKey, _ output: BSONValue = "output", at time: Int64 = 1
        ) throws -> OutputChange {
            let evidence = try evidence(key)
            let input = try #require(evidence.input)
            let provenance = Provenance(input: Fingerprint(of: input), version: "1", at: time)
            return OutputChange(
                key: key, action: .store(output, provenance, input: input), known: evidence.stored.provenance)
        }

        func change(_ key: DocumentKey, _ action: OutputChange.Action) throws -> OutputChange {
            OutputChange(key: key, action: action, known: try evidence(key).stored.provenance)
        }

        func text(_ key: DocumentKey, is text: BSONValue?) throws {
            let change: BSONValue = text.map { ["$set": ["text": $0]] } ?? ["$unset": ["text": 1]]
            try db.update(["_id": key.id], change)
        }
    }

    private func withSink(_ trial: SinkOnTrial, _ body: (Setup) async throws -> Void) async throws {
        try await withDatabase { db in
            let listener = Listener(
                model: AnyModel(Echo()), on: docs, keys: ["text"], as: nil, where: nil, store: trial.store())
            try await db[docs].insertMany(
                (0..<3).map { ["_id": BSONValue($0), "text": BSONValue("text \($0)")] })
            let reader = DocumentReader(db.connection, listener, try db.connection.traits(of: "docs"))
            try await body(Setup(db: db, listener: listener, reader: reader))
        }
    }

    private func isSuperseded(_ outcome: Delivery.Outcome) -> Bool {
        switch outcome {
        case .superseded, .undecided: true
        case .delivered, .refused: false
        }
    }

    @Test(arguments: all) func whatIsDeliveredIsFresh(_ trial: SinkOnTrial) async throws {
        try await withSink(trial) { setup in
            #expect(try setup.keys.map { try setup.verdict($0) } == [.missing, .missing, .missing])
            let delivery = try setup.sink.deliver(try setup.keys.map { try setup.storing($0) })
            #expect(delivery.delivered == 3 && delivery.exceptions.isEmpty && !delivery.isUndecided)
            #expect(try setup.keys.map { try setup.verdict($0) } == [.fresh, .fresh, .fresh])
            #expect(try setup.sink.outputs(of: setup.keys).count == 3)
            #expect(try setup.sink.outputs(of: [setup.keys[1]])[setup.keys[1]] == "output")
            let examples = try setup.sink.examples(of: "1")
            #expect(Set(examples.map(\.key)) == Set(setup.keys))
            #expect(try setup.sink.examples(of: "2").isEmpty)
        }
    }

    @Test(arguments: all) func whatIsDeliveredTwiceIsThereOnce(_ trial: SinkOnTrial) async throws {
        try await withSink(trial) { setup in
            let change = try setup.storing(setup.keys[0])
            for _ in 0..<2 { #expect(try setup.sink.deliver([change]).delivered == 1) }
            #expect(try setup.verdict(setup.keys[0]) == .fresh)
            try setup.text(setup.keys[0], is: nil)
            let removal = try setup.change(setup.keys[0], .remove(.noValues))
            for _ in 0..<2 { #expect(try setup.sink.deliver([removal]).delivered == 1) }
            #expect(try setup.evidence(setup.keys[0]).stored.isBare)
        }
    }

    @Test(arguments: all) func nothingIsDeliveredAgainstTheGuard(_ trial: SinkOnTrial) async throws {
        try await withSink(trial) { setup in
            let late = try setup.storing(setup.keys[0])
            switch setup.sink.guardStrength {
            case .input: try setup.text(setup.keys[0], is: "another")
            case .provenance:
                // Somebody else has delivered in between.
                #expect(try setup.sink.deliver([try setup.storing(setup.keys[0], at: 7)]).delivered == 1)
            }
            let before = try setup.evidence(setup.keys[0]).stored.provenance
            #expect(isSuperseded(try setup.sink.deliver([late]).outcome(at: 0)))
            #expect(try setup.evidence(setup.keys[0]).stored.provenance == before)
        }
    }

    @Test(arguments: all) func oneThatIsSupersededCostsNoNeighbour(_ trial: SinkOnTrial) async throws {
        try await withSink(trial) { setup in
            let changes = try setup.keys.map { try setup.storing($0) }
            switch setup.sink.guardStrength {
            case .input: try setup.text(setup.keys[1], is: "another")
            case .provenance:
                #expect(try setup.sink.deliver([try setup.storing(setup.keys[1], at: 7)]).delivered == 1)
            }
            let delivery = try setup.sink.deliver(changes)
            #expect(delivery.delivered == 2 && isSuperseded(delivery.outcome(at: 1)))
            #expect(try setup.verdict(setup.keys[0]) == .fresh && setup.verdict(setup.keys[2]) == .fresh)
        }
    }

    @Test(arguments: all) func anOutputGoesWithItsInputAndBesideARefusal(_ trial: SinkOnTrial) async throws {
        try await withSink(trial) { setup in
            _ = try setup.sink.deliver(try setup.keys.map { try setup.storing($0) })
            try setup.text(setup.keys[0], is: nil)
            #expect(try setup.verdict(setup.keys[0]) == .extra)
            try setup.text(setup.keys[1], is: "refused")
            let changes = [
                try setup.change(setup.keys[0], .remove(.noValues)),
                try setup.change(setup.keys[1], .clear(input: ["refused"], isJudged: true)),
            ]
            #expect(try setup.sink.deliver(changes).delivered == 2)
            #expect(try setup.verdict(setup.keys[0]) == .fresh)
            #expect(try setup.evidence(setup.keys[1]).stored.isBare)
            #expect(try setup.verdict(setup.keys[2]) == .fresh)
        }
    }

    @Test(arguments: all) func anOutputThatIsDisownedIsNotFresh(_ trial: SinkOnTrial) async throws {
        try await withSink(trial) { setup in
            _ = try setup.sink.deliver(try setup.keys.map { try setup.storing($0) })
            #expect(try setup.sink.disown([setup.keys[0], setup.keys[1]]).isEmpty)
            #expect(try setup.verdict(setup.keys[0]) != .fresh && setup.verdict(setup.keys[1]) != .fresh)
            #expect(try setup.verdict(setup.keys[2]) == .fresh)
            _ = try setup.sink.deliver([try setup.storing(setup.keys[0], at: 2)])
            #expect(try setup.verdict(setup.keys[0]) == .fresh)
        }
    }

    @Test(arguments: all) func whatStandsInTheWayIsCleared(_ trial: SinkOnTrial) async throws {
        try await withSink(trial) { setup in
            if let place = setup.sink.place {
                let root = BSONValue(String(place.output.components[0]))
                try setup.db.update(
                    ["_id": 0], BSONValue(BSONDocument([("$set", [root.string ?? "": [["text": 1]]])])))
            }
            try setup.sink.clearObstructions(
                setup.keys.filter { try setup.evidence($0).stored.isObstructed })
            #expect(try setup.sink.deliver([try setup.storing(setup.keys[0])]).delivered == 1)
            #expect(try setup.verdict(setup.keys[0]) == .fresh)
        }
    }

    @Test(arguments: all) func aWriteThatComesBackIsKnownOnce(_ trial: SinkOnTrial) async throws {
        try await withSink(trial) { setup in
            // What is written elsewhere does not come back.
            guard let place = setup.sink.place else { return }
            let provenance = Provenance(input: Fingerprint(of: ["text 0"]), version: "1", at: 5)
            let ownWrites = OwnWrites()
            ownWrites.expect([(setup.keys[0], provenance)], listener: 0)
            let fields = BSONDocument([
                (place.output.text, "output"),
                (
                    place.provenance.text,
                    ["input": provenance.input.value, "version": "1", "at": .init(millisecondsSince1970: 5)]
                ),
            ])
            let event: BSONDocument = [
                "operationType": "update", "documentKey": ["_id": 0],
                "updateDescription": [
                    "updatedFields": BSONValue(fields), "removedFields": [], "truncatedArrays": [],
                ],
            ]
            let own = event.withView { ListenerRoute(setup.listener).ownProvenance(in: StreamEvent($0)) }
            #expect(own == provenance)
            let known = (0..<2).map { _ in
                ownWrites.recognise(listener: 0, key: setup.keys[0], provenance: provenance)
            }
            #expect(known == [true, false])
        }
    }
}

extension URL {
    /// A new folder.
    static func temporaryFolder() -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
