import ArgumentParser
import LockstepConfiguration
import LockstepReading

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints a JSON Schema of lockstep.yaml, for editors and validators.",
        discussion: """
            Put it beside the file, as lockstep.schema.json, and this line at the head of lockstep.yaml: \
            # yaml-language-server: $schema=lockstep.schema.json. `lockstep init` does both.
            """)

    func run() {
        Terminal.print(ConfigurationSchema.standard.json.page)
    }
}
