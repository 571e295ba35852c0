import Foundation
@testable import Lockstep
@testable import LockstepCore
@testable import MongoBSON
@testable import MongoDriver
import Testing

/// MongoDB stores up to 180 levels; bytes from elsewhere may bring any number.
@Suite struct DeepDocumentsTests {
    @Test func whatMongoDBStoresIsReadOnASmallStack() throws {
        // The smallest that Swift's own threads have on Linux is 512 KB.
        onStack(of: 512 << 10) {
            let document = Seeds.nested(depth: 200)
            #expect(BSONDocument(validating: document.bytes) == document)
            #expect(document.json.filter { $0 == "{" }.count == 201)
            #expect(DocumentKey(BSONValue(document)) == DocumentKey(BSONValue(document)))
            #expect(FilterPaths(["$expr": BSONValue(document)]).paths.isEmpty)
            decodeEverything(document.bytes)
        }
    }

    @Test(arguments: [201, 10_000, 1_000_000]) func whatIsDeeperIsRefused(depth: Int) {
        onStack(of: 512 << 10) {
            #expect(BSONDocument(validating: deepBytes(depth)) == nil)
        }
    }

    @Test(arguments: ["[", "{\"a\":"]) func deepJSONIsRefused(opening: String) {
        onStack(of: 512 << 10) {
            let text = "{\"a\":" + String(repeating: opening, count: 100_000)
            let error = #expect(throws: ExtendedJSONError.self) { try BSONDocument(json: text) }
            #expect(error?.description.contains("deeper than 98 levels") == true)
        }
    }

    private func deepBytes(_ depth: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 8 * depth + 5)
        for level in 0...depth {
            let place = 7 * level
            withUnsafeBytes(of: Int32(bytes.count - 8 * level).littleEndian) {
                bytes.replaceSubrange(place..<(place + 4), with: $0)
            }
            if level < depth { bytes.replaceSubrange((place + 4)..<(place + 7), with: [3, 97, 0]) }
        }
        return bytes
    }

    private func onStack(of bytes: Int, _ body: @escaping () -> Void) {
        let done = DispatchSemaphore(value: 0)
        nonisolated(unsafe) let body = body
        let thread = Thread {
            body()
            done.signal()
        }
        thread.stackSize = bytes
        thread.start()
        done.wait()
    }
}
