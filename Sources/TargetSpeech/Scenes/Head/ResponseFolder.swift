import AudioDSP
import Foundation

/// Responses as stereo recordings whose names tell the direction, as in the SADIE database:
/// `azi_A_ele_E_….wav`, degrees counter-clockwise and up, commas for decimal points.
enum ResponseFolder {
    /// - Throws: `SceneError.unusableResponses` where the folder holds no such file or a broken one.
    static func measurements(in folder: String) throws -> [MeasuredResponse] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw SceneError.unusableResponses(path: folder, reason: "it cannot be listed")
        }
        let found = try names.compactMap { name -> MeasuredResponse? in
            guard let direction = direction(in: name) else { return nil }
            return try response(folder + "/" + name, direction)
        }
        guard !found.isEmpty else {
            throw SceneError.unusableResponses(path: folder, reason: "no file is called azi_A_ele_E_….wav")
        }
        return found
    }

    private static func response(_ path: String, _ direction: Direction) throws -> MeasuredResponse {
        let sound: AudioBuffer
        do {
            sound = try AudioFile.read(path)
        } catch {
            throw SceneError.unusableResponses(path: path, reason: error.localizedDescription)
        }
        guard sound.channels.count == 2 else {
            throw SceneError.unusableResponses(path: path, reason: "it has \(sound.channels.count) channels and two ears are needed")
        }
        guard sound.channels.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw SceneError.unusableResponses(path: path, reason: "it holds samples that are no numbers")
        }
        return MeasuredResponse(
            direction: direction, left: sound.channels[0], right: sound.channels[1], sampleRate: sound.sampleRate)
    }

    private static func direction(in name: String) -> Direction? {
        let parts = name.split(separator: "_")
        guard parts.count >= 4, parts[0] == "azi", parts[2] == "ele", name.lowercased().hasSuffix(".wav"),
            let azimuth = degrees(parts[1]), let elevation = degrees(parts[3].split(separator: ".wav")[0]), abs(elevation) <= 90
        else { return nil }
        return Direction(azimuth: azimuth, elevation: elevation).wrapped
    }

    private static func degrees(_ text: Substring) -> Double? {
        Double(text.replacingOccurrences(of: ",", with: ".")).flatMap { $0.isFinite ? $0 : nil }
    }
}
