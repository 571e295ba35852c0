import Foundation
import PackagePlugin

/// Joins the parts of the dashboard to one document and embeds it in the code.
@main
struct EmbedPage: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = target.directoryURL.appending(path: "Dashboard")
        let parts = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let output = context.pluginWorkDirectoryURL.appending(path: "DashboardPage.swift")
        return [
            .buildCommand(
                displayName: "Embedding the dashboard", executable: try context.tool(named: "embed-page").url,
                arguments: [folder.path(), output.path()], inputFiles: parts, outputFiles: [output])
        ]
    }
}
