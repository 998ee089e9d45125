import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

@Suite struct HeadRelatedResponsesTests {
    @Test func aSOFAFileIsRead() {
        let head = Material.kemar
        #expect(head.name == "kemar-6deg")
        #expect(head.directions.count == 60)
        #expect(head.isHorizontal)
        #expect(head.earCount == 2)
    }

    /// Sound from the left is louder and earlier at the left ear, by about 0.65 ms, and from the right the other way round.
    @Test(arguments: [(90.0, 1.0), (-90, -1), (45, 1), (-30, -1)])
    func theNearEarHearsFirst(_ azimuth: Double, _ sign: Double) {
        let ears = Material.kemar.response(from: Direction(azimuth: azimuth)).ears
        let balance = 10 * log10(Level.energy(ears[0]) / Level.energy(ears[1]))
        #expect(balance * sign > 3, "\(balance) dB")
        let delay = InterauralDelay.measure(left: ears[0], right: ears[1], longest: 20)
        #expect(Double(delay) * sign < -2, "\(delay) samples")
        #expect(abs(delay) <= 14, "\(delay) samples")
    }

    @Test func theFrontIsInTheMiddle() {
        let response = Material.kemar.response(from: .front)
        #expect(abs(response.energy - 1) < 0.05, "\(response.energy)")
        #expect(abs(InterauralDelay.measure(left: response.ears[0], right: response.ears[1])) <= 1)
        let strongest = response.ears[0].indices.max { abs(response.ears[0][$0]) < abs(response.ears[0][$1]) } ?? 0
        #expect(abs(strongest - BinauralResponse.lead) < 24, "\(strongest)")
    }

    /// Half the directions, and what lies between them: closer to the measurement than the nearest neighbour is.
    @Test func directionsBetweenMeasurementsAreBlended() throws {
        let all = try SOFAFile(reading: Material.kemarPath).measurements()
        func head(_ measurements: [MeasuredResponse]) throws -> HeadRelatedResponses {
            try HeadRelatedResponses(name: "test", measurements: measurements)
        }
        func isKept(_ azimuth: Double) -> Bool { Int(azimuth.rounded()).isMultiple(of: 12) }
        let full = try head(all), half = try head(all.filter { isKept($0.direction.azimuth) })
        var blended: [Double] = [], nearest: [Double] = []
        for direction in full.directions where !isKept(direction.azimuth) {
            let truth = full.response(from: direction)
            func error(_ response: BinauralResponse) -> Double {
                zip(truth.ears, response.ears).reduce(0.0) { sum, ears in
                    sum + zip(ears.0, ears.1).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
                } / (2 * truth.energy)
            }
            blended.append(error(half.response(from: direction)))
            nearest.append(error(half.response(from: Direction(azimuth: direction.azimuth + 6))))
        }
        let (blend, near) = (blended.reduce(0, +) / 30, nearest.reduce(0, +) / 30)
        #expect(blend < 0.05, "\(blend)")
        #expect(blend < 0.3 * near, "\(blend) and \(near)")
    }

    /// Elevations: a set on a sphere of clicks that say where they come from.
    @Test func elevationsAreTold() throws {
        let directions = stride(from: -60.0, through: 60, by: 30).flatMap { elevation in
            stride(from: 0.0, to: 360, by: 30).map { Direction(azimuth: $0, elevation: elevation).wrapped }
        }
        let head = try HeadRelatedResponses(name: "clicks", measurements: directions.map { direction in
            var click = [Float](repeating: 0, count: 64)
            click[20] = 1
            click[24] = Float(direction.elevation / 100)
            return MeasuredResponse(direction: direction, left: click, right: click, sampleRate: 16_000)
        })
        #expect(!head.isHorizontal)
        func height(_ elevation: Double) -> Float {
            let ear = head.response(from: Direction(azimuth: 10, elevation: elevation)).ears[0]
            let peak = ear.indices.max { abs(ear[$0]) < abs(ear[$1]) } ?? 0
            return ear[peak + 4] / ear[peak]
        }
        #expect(abs(height(30) - 0.3) < 0.05)
        #expect(abs(height(-60) + 0.6) < 0.05)
        #expect((0.05...0.25).contains(height(15)))
    }

    @Test func aFolderOfRecordingsIsRead() throws {
        let folder = TemporaryFolder()
        for azimuth in [0, 90, 180, 270] {
            var (left, right) = ([Float](repeating: 0, count: 100), [Float](repeating: 0, count: 100))
            left[azimuth == 270 ? 50 : 30] = azimuth == 270 ? 0.3 : 0.8
            right[azimuth == 90 ? 50 : 30] = azimuth == 90 ? 0.3 : 0.8
            try AudioFile.write(
                AudioBuffer(channels: [left, right], sampleRate: 48_000), to: folder.path + "/azi_\(azimuth)_ele_0_DFC.wav")
        }
        try Data("notes".utf8).write(to: URL(fileURLWithPath: folder.path + "/readme.txt"))
        let head = try HeadRelatedResponses(loading: folder.path)
        #expect(Set(head.directions.map(\.azimuth)) == [0, 90, -180, -90])
        let ears = head.response(from: Direction(azimuth: 90)).ears
        #expect((-8 ... -5).contains(InterauralDelay.measure(left: ears[0], right: ears[1])))
    }

    @Test func brokenFilesAreNamed() throws {
        let folder = TemporaryFolder()
        let whole = try Data(contentsOf: URL(fileURLWithPath: Material.kemarPath))
        let files: [(String, Data)] = [
            ("empty.sofa", Data()), ("short.sofa", whole.prefix(300)), ("text.sofa", Data(String(repeating: "no sofa ", count: 200).utf8)),
            ("cut.sofa", whole.prefix(whole.count / 2)), ("half-header.sofa", whole.prefix(600)),
            ("zeros.sofa", whole.prefix(8) + Data(count: 4096)),
        ]
        for (name, data) in files {
            let path = folder.path + "/" + name
            try data.write(to: URL(fileURLWithPath: path))
            do {
                _ = try HeadRelatedResponses(loading: path)
                Issue.record("\(name) is accepted")
            } catch let error as SceneError {
                #expect(error.localizedDescription.contains(path), "\(error.localizedDescription)")
            }
        }
        for path in [folder.path + "/missing.sofa", folder.path] {
            #expect(throws: SceneError.self) { try HeadRelatedResponses(loading: path) }
        }
        try Material.write([0, 1, 0], to: folder.path + "/azi_0_ele_0_DFC.wav")
        #expect(throws: SceneError.self) { try HeadRelatedResponses(loading: folder.path) }
    }

    @Test func silentResponsesAreRefused() {
        let silence = [Float](repeating: 0, count: 64)
        #expect(throws: SignalError.self) {
            try HeadRelatedResponses(
                name: "silent", measurements: [MeasuredResponse(direction: .front, left: silence, right: silence, sampleRate: 16_000)])
        }
    }

    @Test func aMicrophoneHearsAllDirectionsAlike() {
        let microphone = HeadRelatedResponses.omnidirectional
        let ears = microphone.response(from: Direction(azimuth: 77, elevation: 12)).ears
        #expect(ears.count == 1)
        #expect(ears == microphone.response(from: .front).ears)
        #expect(abs(ears[0][BinauralResponse.lead] - 1) < 1e-4)
        #expect(abs(Level.energy(ears[0]) - 1) < 1e-3)
    }

    /// Noise from everywhere is alike at both ears below 200 Hz and not above 2 kHz.
    @Test func theDiffuseFieldIsCoherentAtLowFrequencies() throws {
        let field = Material.kemar.diffuseField
        var random = Philox(seed: 3)
        let noise = try field.noise(count: 160_000, using: &random)
        let stft = try STFT(STFTConfiguration(nFFT: 256, padding: .zeros))
        let spectra = try noise.map { try stft.forward($0) }
        for bin in [2, 20, 40, 100] {
            var (cross, left, right) = (0.0, 0.0, 0.0)
            for frame in 0..<spectra[0].frameCount {
                let a = spectra[0][frame, bin], b = spectra[1][frame, bin]
                cross += Double(a.real * b.real + a.imaginary * b.imaginary)
                left += Double(a.real * a.real + a.imaginary * a.imaginary)
                right += Double(b.real * b.real + b.imaginary * b.imaginary)
            }
            let coherence = cross / (left * right).squareRoot()
            #expect(abs(coherence - field.coherence[bin]) < 0.1, "bin \(bin): \(coherence) instead of \(field.coherence[bin])")
        }
        #expect(field.coherence[2] > 0.85)
        #expect(abs(field.coherence[40]) < 0.35)
    }
}
