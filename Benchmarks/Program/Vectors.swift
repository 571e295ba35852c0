import Foundation
import Lockstep
import LockstepCore
import MongoDriver

/// 384 floats of a text, cheap to compute; the programs in C compute the same.
///
/// FNV-1a of the text's bytes, then Knuth's linear congruential generator, its upper 24 bits as a float in 0..<1.
struct Vectors: Model {
    let name = "vector"
    /// Answers only once this file is there.
    let hangsUntil: String?

    func predict(_ texts: [String]) async throws -> [[Float]] {
        if let hangsUntil {
            while !FileManager.default.fileExists(atPath: hangsUntil) {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        return texts.map(vector)
    }

    private func vector(_ text: String) -> [Float] {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        return [Float](unsafeUninitializedCapacity: 384) { floats, count in
            for place in 0..<384 {
                hash = hash &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                floats[place] = Float(hash >> 40) / 16_777_216
            }
            count = 384
        }
    }
}
