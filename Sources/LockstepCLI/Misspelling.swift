import ArgumentParser
import LockstepConfiguration

/// A command that is none, told before the arguments are parsed: the parser would blame what stands behind it.
enum Misspelling {
    /// What is wrong, or nil.
    static func problem(_ arguments: [String], in root: any ParsableCommand.Type) -> String? {
        var command = root
        var words = [name(of: root)]
        for word in arguments {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, !word.hasPrefix("-") else { return nil }
            if words.count == 1, word == "help" { continue }
            let names = subcommands.map(name(of:))
            guard let found = names.firstIndex(of: word) else {
                let meant = suggestion(for: word, among: names).map { "did you mean `\($0)`?" }
                let help = meant ?? "there is \(names.map { "`\($0)`" }.joined(separator: ", "))"
                let usage = words.joined(separator: " ")
                return """
                    `\(usage)` has no command `\(word.cut(to: 60).onOneLine)`: \(help)
                    Usage: \(usage) <command>
                      See '\(usage) --help' for more information.
                    """
            }
            command = subcommands[found]
            words.append(word)
        }
        return nil
    }

    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? "\(command)".lowercased()
    }
}
