/// Amounts with their units, short.
enum Quantity {
    static func seconds(_ seconds: Double) -> String {
        Terminal.duration(.seconds(min(max(seconds, 0), 1e9)))
    }

    static func bytes(_ bytes: Int) -> String {
        switch bytes {
        case ..<1000: "\(bytes) B"
        case ..<1_000_000: "\(tenths(Double(bytes) / 1e3)) kB"
        case ..<1_000_000_000: "\(tenths(Double(bytes) / 1e6)) MB"
        default: "\(tenths(Double(bytes) / 1e9)) GB"
        }
    }

    static func rate(_ perSecond: Double) -> String {
        "\(perSecond < 100 ? tenths(perSecond) : String(Int(min(perSecond, 1e15))))/s"
    }

    static func latency(_ seconds: Double) -> String {
        seconds < 1 ? "\(tenths(seconds * 1000)) ms" : "\(tenths(seconds)) s"
    }

    private static func tenths(_ value: Double) -> String {
        let rounded = (min(max(value, 0), 1e15) * 10).rounded() / 10
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
