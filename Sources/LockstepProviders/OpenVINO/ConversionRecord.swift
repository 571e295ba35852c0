import Foundation
import LockstepReading

/// What the conversion of a model has noted beside its files.
package struct ConversionRecord: Hashable, Sendable, Decodable {
    package struct Quantization: Hashable, Sendable, Decodable {
        /// Of vectors by the quantised weights and by the whole ones.
        package let meanCosine: Double
        package let worstCosine: Double
    }

    private static let name = "lockstep_conversion.json"

    /// `int8`, `f32` or `as exported`.
    package let weights: String?
    package let int8: Quantization?

    /// Nil when the folder has none, or an unreadable one.
    package static func load(directory: String) -> ConversionRecord? {
        guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else { return nil }
        return try? JSONDecoder().decode(ConversionRecord.self, from: data)
    }

    /// What is to be known of weights of eight bits; nil for others.
    package var remark: String? {
        guard weights == "int8" || int8 != nil else { return nil }
        let cost = int8.map { quantization in
            let digits = FloatingPointFormatStyle<Double>.number.precision(.fractionLength(3))
                .locale(Locale(identifier: "en_US_POSIX"))
            return
                ": vectors have a cosine of \(quantization.meanCosine.formatted(digits)) to those of the whole weights on average, \(quantization.worstCosine.formatted(digits)) at worst"
        }
        return "its weights are quantised to eight bits (\(Self.name))\(cost ?? "")"
    }
}

extension OpenVINOSpec {
    /// What the conversion has noted of the model.
    package func conversion(in folder: ConfigurationFolder) -> ConversionRecord? {
        .load(directory: folder.resolve(directory))
    }
}
