import ArgumentParser
import Foundation
import ModelLibrary
import ScoreDiffusion

extension Models {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the installed models: what each is for, its content hash, size and default steps.")

        @Flag(help: "Print the list as JSON.") var json = false

        private struct Row: Encodable {
            var name: String
            var path: String
            var kind: String?
            var purpose: String?
            var licence: String?
            var sha256: String?
            var bytes: Int?
            var parameters: Int?
            var sampleRate: Int?
            var defaultSteps: Int?
            var isDefault: Bool?
            var error: String?
        }

        func run() throws {
            let store = ModelStore()
            let rows = store.entries().map(Self.row)
            if json { try JSONOutput.print(rows) } else { Self.show(rows) }
            if rows.isEmpty { throw ModelError.noModels(of: nil, known: [], searched: store.searched) }
            let damaged = rows.filter { $0.error != nil }
            if !json {
                let console = Console(isQuiet: false)
                for row in damaged { console.error(row.error!) }
            }
            if !damaged.isEmpty { throw ExitCode.failure }
        }

        private static func row(_ entry: ModelStore.Entry) -> Row {
            var row = Row(name: entry.name, path: entry.path)
            do {
                let model = try entry.model.get()
                (row.kind, row.purpose, row.licence) = (model.kind, model.purpose, model.licence)
                (row.sampleRate, row.defaultSteps, row.isDefault) = (model.sampleRate, model.defaultSteps, model.isDefault)
                row.bytes = model.byteCount
                row.parameters = try model.parameterCount
                row.sha256 = try model.contentHash()
            } catch {
                row.error = error.localizedDescription
            }
            return row
        }

        private static func show(_ rows: [Row]) {
            for row in rows where row.error == nil {
                print("\(row.name)  \(row.purpose ?? "")")
                var facts = [row.kind ?? "", bytes(row.bytes ?? 0), "\(row.parameters ?? 0) parameters"]
                if let rate = row.sampleRate { facts.append("\(rate) Hz") }
                if let steps = row.defaultSteps { facts.append("\(steps) step\(steps == 1 ? "" : "s") by default") }
                if let licence = row.licence, !licence.isEmpty { facts.append(licence) }
                print("    " + facts.joined(separator: ", "))
                print("    sha256 \(row.sha256 ?? "")")
            }
        }

        static func bytes(_ count: Int) -> String {
            count < 1_000_000 ? String(format: "%.0f kB", Double(count) / 1e3) : String(format: "%.1f MB", Double(count) / 1e6)
        }
    }
}
