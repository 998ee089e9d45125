import ArgumentParser
import AudioEmbeddings
import Foundation
import ModelLibrary
import MusicRL
import NeuralCore
import ScoreDiffusion
import TargetSpeech

extension Models {
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Install a published checkpoint as a model.",
            discussion: """
                Reads checkpoints of SGMSE+ and its relatives and of "Look once to hear" (extractor and enrolment network): \
                Lightning's .ckpt, state dicts (.pt, .pth, .bin) and .safetensors. Nothing in the file is run. Where it has \
                no settings they come from a JSON file beside it (its name with .json, or config.json), from --config or \
                from --set, under the names of the training program.

                Also reads folders of Hugging Face: musicgen-*, encodec_*, t5-* (its encoder) and clap-*, whose names the models \
                get unless told otherwise. Mind their licences: the published weights of MusicGen and its codec are not for \
                commercial use. CLAP and the weights of VGGish become encoders for 'audiotool score'.

                Examples:
                  audiotool models import musicgen-small/
                  audiotool models import encodec_24khz/ --name encodec
                  audiotool models import epoch=120.ckpt --name sgmse
                  audiotool models import reverb.ckpt --name dereverb --steps 50 --snr 0.33
                  audiotool models import net.pt --name mine --set backbone=ncsnpp_v2 --set sde=sbve \\
                      --set loss_type=data_prediction
                  audiotool models import best.ckpt --config tsh.json --name hear
                  audiotool models import larger_clap_music/ --name clap
                """)

        @Argument(help: ArgumentHelp("A checkpoint, or a model's folder.", valueName: "file"), completion: .file()) var file: String
        @Option(name: .customLong("name"), help: "What the model is to be called; a folder's own name if left out.") var givenName: String?
        @Option(
            name: [.customLong("config"), .customLong("settings")],
            help: ArgumentHelp("A JSON file of training settings.", valueName: "file"), completion: .file())
        var settings: String?
        @Option(name: .customLong("set"), help: ArgumentHelp("One training setting; may be repeated.", valueName: "name=value"))
        var assignments: [String] = []
        @Option(help: "What the model is for, in a sentence.") var purpose: String?
        @Option(help: "The licence of the weights.") var licence: String?
        @Flag(help: "Overwrite an installed model of this name.") var replace = false
        @Flag(help: "Print what was installed as JSON.") var json = false
        @OptionGroup(title: "The sampler that the model takes by default") var sampler: SamplerFlags

        private struct Report: Encodable {
            var name: String
            var path: String
            var purpose: String
            var licence: String
            var weights: String
            var sampleRate: Int?
            var defaultSteps: Int?
            var parameters: Int
            var sha256: String
        }

        private var isFolder: Bool { OutputPlan.isFolder(file) }
        private var name: String { givenName ?? URL(fileURLWithPath: file).standardizedFileURL.lastPathComponent }

        func validate() throws {
            guard isFolder || givenName != nil else { throw ValidationError("Give the model a name with --name.") }
        }

        func run() throws {
            let store = ModelStore()
            try store.checkName(name, replaces: replace)
            if isFolder { return try importFolder(into: store) }
            if let own = try? ModelFile(path: file) {
                guard settings == nil, assignments.isEmpty, sampler.options.isEmpty, purpose == nil, licence == nil else {
                    throw ValidationError("\(file) is a model of audiotool and has its settings: only --name can be given.")
                }
                try InstalledModel.check(own)
                return try show(store.install(copyOf: own, as: name, replaces: replace))
            }
            let weights = try StateDictionary(path: file)
            if VGGish.isIn(weights) {
                guard settings == nil, assignments.isEmpty, sampler.options.isEmpty else {
                    throw ValidationError("\(file) needs no settings: only --name, --purpose and --licence can be given.")
                }
                return try show(store.install(vggish: weights, as: name, purpose: purpose, licence: licence, replaces: replace))
            }
            if let checkpoint = PublishedTargetCheckpoint(weights) {
                guard sampler.options.isEmpty else {
                    throw ValidationError("\(file) is no diffusion model: it takes no options of a sampler.")
                }
                return try show(store.install(
                    checkpoint, settings: .object(try targetSettings()), as: name, purpose: purpose, licence: licence,
                    replaces: replace))
            }
            let checkpoint = PublishedCheckpoint(weights)
            let values = try overrides(hasSettings: !checkpoint.hyperParameters.keys.isEmpty)
            let model = try ModelImport(checkpoint: checkpoint, overrides: values, options: sampler.options)
            try show(store.install(model, as: name, purpose: purpose, licence: licence, replaces: replace))
        }

        private func importFolder(into store: ModelStore) throws {
            guard settings == nil, assignments.isEmpty, sampler.options.isEmpty else {
                throw ValidationError("\(file) is a folder with its own settings: only --name, --purpose and --licence can be given.")
            }
            let folder = try HuggingFaceFolder(path: file)
            switch folder.modelType {
            case "musicgen":
                try show(store.install(musicGen: folder, as: name, purpose: purpose, licence: licence, replaces: replace))
            case "encodec":
                try show(store.install(codec: folder, as: name, purpose: purpose, licence: licence, replaces: replace))
            case "t5":
                try show(store.install(t5: folder, as: name, purpose: purpose, licence: licence, replaces: replace))
            case "clap":
                try show(store.install(clap: folder, as: name, purpose: purpose, licence: licence, replaces: replace))
            case let type:
                throw CommandFailure("\(file) holds a model of the kind \(type ?? "unknown"), and musicgen, encodec, t5 and clap can be imported.")
            }
        }

        /// The settings of an extractor or enrolment network: the file's own members or, in the training program's file,
        /// those in `model_params`.
        private func targetSettings() throws -> JSONObject {
            var settings = try fileSettings(isNeeded: true)
            if let inner = settings["model_params"]?.object { settings = inner }
            return try assigned(to: settings)
        }

        /// Settings from files and arguments, the latter first.
        private func overrides(hasSettings: Bool) throws -> JSONObject {
            try assigned(to: fileSettings(isNeeded: !hasSettings))
        }

        /// The settings of the file that is named or, where they are needed, lies beside the checkpoint.
        private func fileSettings(isNeeded: Bool) throws -> JSONObject {
            if let settings { return try Self.read(settings) }
            guard isNeeded, let beside = Self.settingsFile(beside: file) else { return JSONObject() }
            return try Self.read(beside)
        }

        private func assigned(to settings: JSONObject) throws -> JSONObject {
            var values = settings
            for assignment in assignments {
                guard let sign = assignment.firstIndex(of: "="), sign != assignment.startIndex else {
                    throw ValidationError("--set takes name=value, not \(assignment).")
                }
                let text = String(assignment[assignment.index(after: sign)...])
                values = values.setting(
                    String(assignment[..<sign]), to: (try? JSONValue(parsing: text)) ?? .string(text))
            }
            return values
        }

        private static func settingsFile(beside path: String) -> String? {
            let url = URL(fileURLWithPath: path)
            let named = url.deletingPathExtension().appendingPathExtension("json")
            return [named, url.deletingLastPathComponent().appendingPathComponent("config.json")].map(\.path)
                .first { FileManager.default.fileExists(atPath: $0) }
        }

        /// The settings in a JSON file, or its member `hyper_parameters`.
        private static func read(_ path: String) throws -> JSONObject {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandFailure("\(path) cannot be read.")
            }
            do {
                let root = try JSONValue(parsing: [UInt8](data))
                if let settings = root["hyper_parameters"].object ?? root.object { return settings }
            } catch {
                throw CommandFailure("\(path) is not valid JSON: \(error).")
            }
            throw CommandFailure("\(path) holds no JSON object of settings.")
        }

        private func show(_ model: ModelFile) throws {
            let report = Report(
                name: model.name, path: model.path, purpose: model.purpose, licence: model.licence,
                weights: model.settings["weights"].string ?? "as in the file", sampleRate: model.sampleRate,
                defaultSteps: model.defaultSteps, parameters: try model.parameterCount, sha256: try model.contentHash())
            if json { return try JSONOutput.print(report) }
            print("\(report.name)  \(report.purpose)")
            var facts = ["\(report.parameters) parameters, \(report.weights)"]
            if let rate = report.sampleRate { facts.append("\(rate) Hz") }
            if let steps = report.defaultSteps { facts.append("\(steps) steps by default") }
            print("    " + facts.joined(separator: ", "))
            if !report.licence.isEmpty { print("    licence \(report.licence)") }
            print("    sha256 \(report.sha256)")
            print("    \(report.path)")
        }
    }
}
