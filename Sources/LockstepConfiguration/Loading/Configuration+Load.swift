import Foundation
import LockstepReading
import Yams

extension Configuration {
    /// Reads and checks a file.
    ///
    /// - Parameters:
    ///   - file: its path; names it in messages.
    ///   - environment: what `${VAR}` stands for. Default: the process's own.
    ///   - registry: the kinds that the file may name. Default: those of Lockstep.
    /// - Throws: every problem of the file at once.
    package static func load(
        file: String, environment: [String: String] = ProcessInfo.processInfo.environment,
        registry: Registry = .standard
    ) throws(ConfigurationError) -> Configuration {
        let bytes = try contents(of: file)
        let path = URL(fileURLWithPath: file).standardizedFileURL
        return try parse(
            bytes, file: file, directory: path.deletingLastPathComponent().path, environment: environment,
            registry: registry)
    }

    /// Reads and checks the contents of a file; pure.
    package static func parse(
        _ bytes: [UInt8], file: String, directory: String, environment: [String: String],
        registry: Registry = .standard
    ) throws(ConfigurationError) -> Configuration {
        var problems = Problems(file: file)
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        // Yams does not expect the mark that Windows puts first.
        let bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let valid = bytes.firstInvalidUTF8
            problems.add(bytes[..<valid].count { $0 == 0x0A } + 1, "the file is not UTF-8: save it as UTF-8")
            throw problems.error
        }
        if let problem = Limits.problem(in: bytes) {
            problems.add(problem.line, problem.message)
            throw problems.error
        }
        let root: Node?
        do {
            root = try DuplicateKeys.compose(text)
        } catch {
            let (line, message) = syntaxProblem(error, in: text)
            problems.add(line, message)
            throw problems.error
        }
        guard let root, root.scalar?.string.isEmpty != true else {
            problems.add(nil, "the file is empty: it needs `mongodb`, `models` and `listeners`")
            throw problems.error
        }
        if let problem = Limits.problem(in: root) {
            problems.add(problem.line, problem.message)
            throw problems.error
        }
        let node = YAMLNode(root, variables: Variables(environment: environment), problems: &problems)
        var reader = FileReader(
            Configuration(file: file, folder: ConfigurationFolder(directory), registry: registry))
        reader.read(node, problems: &problems)
        reader.configuration.check(
            unreadModels: reader.unreadModels, isComplete: reader.isComplete, problems: &problems)
        guard problems.isEmpty else { throw problems.error }
        return reader.configuration
    }

    private static func contents(of file: String) throws(ConfigurationError) -> [UInt8] {
        var problems = Problems(file: file)
        var isDirectory: ObjCBool = false
        if !FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory) {
            problems.add(
                nil, "there is no such file: name another with `-c`, or write one with `lockstep init`")
        } else if isDirectory.boolValue {
            problems.add(nil, "this is a directory: name the file in it, as `-c \(file)/lockstep.yaml`")
        } else {
            do {
                return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
            } catch {
                problems.add(nil, "the file cannot be read: check its permissions")
            }
        }
        throw problems.error
    }

    /// Without Yams's excerpt of the file, which may hold a password.
    private static func syntaxProblem(_ error: any Error, in text: String) -> (line: Int?, message: String) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let where_ = context.map { " \($0.text.trimmingCharacters(in: .whitespacesAndNewlines))" } ?? ""
            return (mark.line, "this is not YAML: \(problem)\(where_) (column \(mark.column))")
        case .reader(let problem, let offset, _, _):
            let line = offset.map { text.prefix($0).count { $0.isNewline } + 1 }
            return (line, "this is not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { shown($0) }.joined(separator: ", ")
            return (context.mark.line, "the key \(keys) stands twice in this mapping: keep one of them")
        default:
            return (nil, "this is not YAML")
        }
    }
}

extension [UInt8] {
    /// The number of bytes before the first that is not UTF-8.
    fileprivate var firstInvalidUTF8: Int {
        var decoder = UTF8()
        var iterator = makeIterator()
        var valid = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            valid += UTF8.width(scalar)
        }
        return Swift.min(valid, count)
    }
}
