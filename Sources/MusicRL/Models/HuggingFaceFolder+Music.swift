import Foundation
import ModelLibrary
import NeuralCore

extension HuggingFaceFolder {
    /// The licence that the front matter of the folder's model card names.
    var statedLicence: String? {
        get throws {
            guard let card = try text("README.md"), card.hasPrefix("---") else { return nil }
            let front = card.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().prefix { $0 != "---" }
            guard let line = front.first(where: { $0.hasPrefix("license:") }) else { return nil }
            let name = line.dropFirst("license:".count).trimmingCharacters(in: .whitespaces)
            return name.lowercased().contains("-nc") ? "\(name): not for commercial use" : name
        }
    }

    /// What `generation_config.json` says about drawing, as far as it is used here. The number of codes to draw from is
    /// left out: the library that writes such files puts one in that MusicGen was not made with.
    var generationDefaults: JSONObject? {
        get throws {
            guard let settings = try json("generation_config.json") else { return nil }
            var result = JSONObject()
            for key in ["guidance_scale", "temperature"] {
                if let number = settings[key].double { result = result.setting(key, to: .number(number)) }
            }
            return result
        }
    }
}
