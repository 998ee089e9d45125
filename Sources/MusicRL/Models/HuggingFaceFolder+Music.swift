import Foundation
import ModelLibrary
import NeuralCore

extension HuggingFaceFolder {
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
