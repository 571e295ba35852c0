import Lockstep
import Testing

@testable import LockstepProviders

/// What a line on stdout is to the request 7 with two inputs, of a program that was asked 5 first.
@Suite struct ExecLineTests {
    enum Kind: Equatable {
        case answer, wait, wrong, noise, doubtful, blank
    }

    private static let texts: [(String, Kind)] = [
        // Answers.
        (#"{"id": 7, "predictions": [1, 2]}"#, .answer),
        ("\u{FEFF}" + #"{"id": 7, "predictions": [1, 2]}"#, .answer),
        (" \t" + #"{"id": 7, "predictions": [1, 2]}"# + "  ", .answer),
        (#"done {"id": 7, "predictions": [1, 2]}"#, .answer),
        (#"100%|████| 3/3 [00:00]{"id": 7, "predictions": [1, 2]}"#, .answer),
        (#"{"id": 7, "retryAfter": 5}"#, .wait), (#"{"id": 7, "retryAfter": 0}"#, .wait),
        (#"{"id": 7, "predictions": [1, 2], "retryAfter": null}"#, .answer),
        // About the request, and wrong.
        (#"{"id": 7}"#, .wrong), (#"{"id": 7, "predictions": [1]}"#, .wrong),
        (#"{"id": 7, "predictions": [1, "#, .wrong), ("{'id': 7, 'predictions': [1, 2]}", .wrong),
        (#"{"id": 9, "predictions": [1, 2]}"#, .wrong), (#"{"id": 1, "predictions": [1, 2]}"#, .wrong),
        (#"{"id": "7", "predictions": [1, 2]}"#, .wrong), (#"{"id": 7, "retryAfter": []}"#, .wrong),
        // Late: answered before.
        (#"{"id": 6, "predictions": [1, 2]}"#, .noise), (#"{"id": 5, "predictions": []}"#, .noise),
        // Noise.
        ("Loading the model", .noise), ("[1, 2]", .noise), ("null", .noise), ("7", .noise),
        ("{}", .noise), (#"{"loss": 0.3, "epoch": 1}"#, .noise), ("{'loss': 0.3, 'epoch': 1}", .noise),
        (#"{"id": "job-1", "level": "info"}"#, .noise), (#"{"id": 70, "level": "info"}"#, .noise),
        ("{'id': 77, 'level': 'info'}", .noise), (#"{"event": {"id": 7}}"#, .noise),
        (#"log {"id": 3}"#, .noise), ("{", .noise), (String(repeating: "[", count: 200_000), .noise),
        // Noise that looks like an answer: said with the reason.
        (#"{"predictions": [1, 2]}"#, .doubtful), (#"{"retryAfter": 5}"#, .doubtful),
        ("{'predictions': [1, 2], 'id': 7}", .doubtful),
        // Nothing.
        ("", .blank), ("   ", .blank), ("\t\u{0B}", .blank), ("\u{FEFF}", .blank),
    ]

    private static let bytes: [([UInt8], Kind)] = [
        ([0x00, 0xFF, 0xFE], .noise), ([0xEF, 0xBB], .noise), ([0x1B, 0x5B, 0x32, 0x4B], .noise),
    ]

    static let table: [(line: [UInt8], kind: Kind)] = texts.map { (Array($0.0.utf8), $0.1) } + bytes

    @Test(arguments: table) func aLineIsAnAnswerOrDoesNoHarm(line: [UInt8], kind: Kind) {
        let found: Kind =
            switch ExecLine(line, id: 7, firstID: 5, count: 2) {
            case .answer: .answer
            case .retryAfter: .wait
            case .wrong: .wrong
            case .noise(nil): .noise
            case .noise: .doubtful
            case .blank: .blank
            }
        #expect(found == kind, "\(String(decoding: line.prefix(200), as: UTF8.self))")
    }
}
