import Foundation
import LockstepConfiguration
import LockstepReading
import Testing

/// A damaged file is read or refused with its problems, in bounded time.
@Suite struct DamagedFileTests {
    private static let seeds = [
        file(
            listeners:
                "  - {model: minilm, on: docs, key: text}\n  - {model: length, on: docs, key: [a, b], as: c}"),
        """
        mongodb:
          uri: ${MONGODB_URI:-mongodb://127.0.0.1:27017}
          database: shop
        models: &models
          length:
            exec: [python3, "length.py"]
            version: '1'
            workers: 2
            timeout: 60s
        listeners:
          - model: length
            on: docs
            key: title
            where: {lang: en, n: {$gt: 5, $in: [1, 2.5, true, null]}, at: {$gt: 2024-01-01}}
        reconcileEvery: 30s

        """,
    ].map { Array($0.utf8) }

    private static let parts =
        [
            "&a ", "*a", "!!binary ", "!!int ", "<<: *models", "? ", "---\n", "...\n", "\t", "\0", "\u{FEFF}",
            "\r", "#",
            "|", ">", "%YAML 1.2\n", "99999999999999999999", "-1", "1e400", "0x1F", ".nan", "~", "{", "}",
            "[", "]", "\"",
            "'", ": ", "- ", "\n", "  ", "${", "}", "${X:-", "é", "\u{2028}", "\u{85}", "$where: 1",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x80]]

    @Test func aDamagedFileIsReadOrRefused() {
        var random = Random(state: 1)
        for round in 0..<3000 {
            let seed = random.state
            var bytes = Self.seeds[random.below(Self.seeds.count)]
            for _ in 0...random.below(4) {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[place] = UInt8(random.below(256))
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + random.below(20)))
                case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 30)], at: place)
                default: bytes.insert(contentsOf: Self.parts[random.below(Self.parts.count)], at: place)
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            do throws(ConfigurationError) {
                let configuration = try Configuration.parse(
                    bytes, file: "lockstep.yaml", directory: "/srv", environment: [:])
                #expect(!configuration.listeners.isEmpty, "seed \(seed)")
            } catch {
                #expect(!error.problems.isEmpty, "round \(round), seed \(seed)")
                #expect(
                    error.problems.allSatisfy { !$0.message.isEmpty && ($0.line ?? 1) >= 1 }, "seed \(seed)")
            }
        }
    }

    @Test func aliasesThatMultiplyAreRefusedAtOnce() {
        var text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        for (letter, before) in zip("bcdefghij", "abcdefghi") {
            text +=
                "\(letter): &\(letter) [" + Array(repeating: "*\(before)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        #expect(!problems(mongodb + text + "listeners: *j\nmodels: {a: {exec: *j}}\n").isEmpty)
    }

    @Test(arguments: ["[", "{a: ", "- ", "a:\n "]) func deepNestingIsRefused(opening: String) {
        for depth in [100, 1000, 100_000] {
            #expect(!problems("mongodb: " + String(repeating: opening, count: depth)).isEmpty)
            #expect(
                !problems(
                    mongodb + "models: " + String(repeating: "[", count: depth)
                        + String(repeating: "]", count: depth)
                ).isEmpty)
        }
    }

    @Test func longLinesAreReadInTime() {
        let long = String(repeating: "x", count: 1_000_000)
        #expect(!problems("mongodb: \(long)").isEmpty)
        #expect(!problems("\(long): 1").isEmpty)
        #expect(!problems(String(repeating: "a: 1\n", count: 2000)).isEmpty)
    }

    /// SplitMix64.
    private struct Random {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((z ^ (z >> 31)) % UInt64(max(bound, 1)))
        }
    }
}
