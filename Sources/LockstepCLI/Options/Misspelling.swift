import ArgumentParser
import Lockstep
import LockstepConfiguration

/// A command that is none, told before the arguments are parsed: the parser would blame what stands behind it.
enum Misspelling {
    /// What is wrong, or nil.
    static func problem(_ arguments: [String], in root: any ParsableCommand.Type) -> String? {
        let split = LeadingOptions.split(arguments, in: root)
        let (words, rest, names) = (split.words, split.rest, split.subcommands)
        let usage = ([LeadingOptions.name(of: root)] + words).joined(separator: " ")
        guard !names.isEmpty, rest.first?.hasPrefix("-") != true else { return nil }
        let list = names.map { "`\($0)`" }.joined(separator: ", ")
        guard let word = rest.first else {
            // Without any argument the parser shows the help.
            guard words.isEmpty, !split.options.isEmpty else { return nil }
            return text("`\(usage)` needs a command: there is \(list)", usage)
        }
        if words.isEmpty, word == "help" {
            return rest.count > 1 ? problem(Array(rest.dropFirst()), in: root) : nil
        }
        let meant = suggestion(for: word, among: names).map { "did you mean `\($0)`?" }
        return text(
            "`\(usage)` has no command `\(word.cut(to: 60).onOneLine)`: \(meant ?? "there is \(list)")", usage
        )
    }

    private static func text(_ problem: String, _ usage: String) -> String {
        """
        \(problem)
        Usage: \(usage) <command>
          See '\(usage) --help' for more information.
        """
    }
}
