import Foundation
import ModelLibrary
import NeuralCore
import Testing

@testable import TargetSpeech

@Suite struct NetworkEnrollmentEncoderTests {
    private func encoder(microphones: Int, details: JSONObject = JSONObject()) throws -> NetworkEnrollmentEncoder {
        var settings = EnrollmentConfiguration()
        (settings.width, settings.hidden, settings.blocks, settings.heads) = (4, 4, 1, 2)
        (settings.approximateQuerySize, settings.embeddingSize, settings.microphones) = (65, 8, microphones)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("audiotool-\(UUID().uuidString).safetensors").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var rng = Philox(seed: 5)
        try EnrollmentNetwork(settings, using: &rng).write(to: path, name: "tiny", details: details)
        return try NetworkEnrollmentEncoder(ModelFile(path: path))
    }

    private func signal(_ step: Int) -> [Float] { (0..<4_000).map { Float($0 &* step % 1_999) / 1_000 - 1 } }

    @Test func oneChannelIsHeardByBothEars() throws {
        let encoder = try encoder(microphones: 2), sound = signal(37)
        #expect(encoder.vectorSize == 8 && encoder.model.sha256.count == 64)
        let mono = try encoder.vector(of: [sound])
        #expect(mono.count == 8 && mono.allSatisfy(\.isFinite))
        #expect(try encoder.vector(of: [sound, sound]) == mono)
        #expect(try encoder.vector(of: [sound, signal(41)]) != mono)
    }

    @Test func cosineRangeOfTheFile() throws {
        #expect(try encoder(microphones: 2).cosineRange == 0.5...0.75)
        #expect(try encoder(microphones: 2, details: ["cosineRange": .array([.number(0.9), .number(0.95)])]).cosineRange == 0.9...0.95)
        for spoiled: JSONValue in ["wide", .array([.number(0.9)]), .array([.number(0.9), .number(0.8)])] {
            #expect { try encoder(microphones: 2, details: ["cosineRange": spoiled]) } throws: {
                $0.localizedDescription.contains("cosineRange")
            }
        }
    }

    @Test func twoChannelsAreAveragedForOneMicrophone() throws {
        let encoder = try encoder(microphones: 1), (left, right) = (signal(37), signal(41))
        let mean = zip(left, right).map { ($0 + $1) / 2 }
        #expect(try encoder.vector(of: [left, right]) == encoder.vector(of: [mean]))
    }
}
