import Foundation
@testable import Lockstep
@testable import MongoBSON
@testable import MongoDriver
import Testing

/// What comes from outside is read or refused: no trap, no read past the end (`swift test --sanitize=address`).
@Suite struct DamagedBytesTests {
    private static let rounds = 20_000

    @Test func damagedBSONIsReadOrRefused() throws {
        let files = try Seeds.corpusFiles.map { Array(try Data(contentsOf: $0).prefix(1 << 16)) }
        let seeds = Seeds.documents.map(\.bytes) + files
        for seed in seeds { decodeEverything(seed) }
        for round in 0..<Self.rounds {
            var mutator = Mutator(seed: UInt64(round))
            let bytes = mutator.mutate(
                seeds[mutator.number(below: seeds.count)], splice: seeds[mutator.number(below: seeds.count)])
            decodeEverything(bytes)
            if let document = BSONDocument(validating: bytes) {
                // What is valid is read to its end.
                #expect(Self.length(of: document) == bytes.count, "seed \(round): \(bytes)")
            }
        }
    }

    @Test func damagedJSONIsReadOrRefused() {
        let seeds = Seeds.documents.map { Array($0.json.utf8) }
        for round in 0..<Self.rounds {
            var mutator = Mutator(seed: UInt64(round))
            let text = mutator.mutate(
                seeds[mutator.number(below: seeds.count)], splice: seeds[mutator.number(below: seeds.count)])
            #expect(parseEverything(text), "seed \(round): \(String(decoding: text, as: UTF8.self))")
        }
    }

    /// Its length, made of the elements that are read.
    private static func length(of document: BSONDocument) -> Int {
        document.withView { view in
            view.reduce(5) { $0 + 2 + $1.key.count + $1.value.count }
        }
    }
}
