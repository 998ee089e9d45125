import AudioDSP
import NeuralCore
import TestSupport
import Testing

@Suite struct RoomParityTests {
    struct Case {
        let name: String
        let room: ShoeboxRoom
        let source: SIMD3<Double>
        let microphone: SIMD3<Double>
        let entry: JSONValue

        init(_ entry: JSONValue) throws {
            func point(_ key: String) throws -> SIMD3<Double> { SIMD3(try required(entry[key].doubles)) }
            let walls = try required(entry["energy_absorption_west_east_south_north_floor_ceiling"].doubles)
            self.entry = entry
            name = try required(entry["name"].string)
            room = try ShoeboxRoom(
                dimensions: try point("room"),
                absorption: .init(
                    west: walls[0], east: walls[1], south: walls[2], north: walls[3], floor: walls[4],
                    ceiling: walls[5]),
                maximumOrder: try required(entry["max_order"].int))
            source = try point("source")
            microphone = try point("mic")
        }

        var sampleRate: Int { entry["fs"].int ?? 0 }
        /// Absorption by air is filtering, which the reference does in octave bands.
        var hasAir: Bool { entry["air_absorption"].bool ?? false }
    }

    private func cases(_ fixture: Fixture) throws -> [Case] {
        let cases = try required(fixture.config["cases"].array).map { try Case($0) }
        #expect(!cases.isEmpty)
        return cases
    }

    /// 1e-4 m and 1e-6 of gain for the nearest images, and the count of all.
    @Test(arguments: Fixture.all(in: "dsp/rooms"))
    func imagesMatch(_ fixture: Fixture) throws {
        for item in try cases(fixture) {
            let images = try item.room.images(of: item.source, for: item.microphone)
            #expect(images.count == item.entry["images"].int, "\(item.name)")
            let rows = try fixture.doubles("\(item.name).images60")
            for row in stride(from: 0, to: rows.count, by: 6) {
                let position = SIMD3(rows[row + 1], rows[row + 2], rows[row + 3])
                let nearest = try required(
                    images.min { distance($0.position, position) < distance($1.position, position) })
                #expect(distance(nearest.position, position) < 1e-4, "\(item.name)")
                #expect(nearest.order == Int(rows[row]), "\(item.name)")
                #expect(abs(nearest.gain - rows[row + 4]) < 1e-6, "\(item.name)")
                #expect(abs(nearest.distance - rows[row + 5]) < 1e-3, "\(item.name)")
            }
        }
    }

    /// 1e-5 of the peak from the exact sum; 2e-3 from pyroomacoustics, which looks its sinc up in a table.
    @Test(arguments: Fixture.all(in: "dsp/rooms"))
    func responsesMatch(_ fixture: Fixture) throws {
        for item in try cases(fixture) where !item.hasAir {
            let response = try item.room.response(
                from: item.source, to: item.microphone, sampleRate: item.sampleRate)
            #expect(response.samples.count == item.entry["length"].int, "\(item.name)")
            let delay = try required(item.entry["direct_delay_samples"].double)
            #expect(abs(response.directDelay - delay - 40) < 0.01, "\(item.name)")
            if item.entry["direct_is_not_the_largest_sample"].bool == false {
                #expect(response.directIndex == item.entry["direct_peak_index_in_rir"].int, "\(item.name)")
            }
            expectClose(
                response.samples, try fixture.floats("\(item.name).exact"), relativeToPeak: 1e-5, "\(item.name) exact")
            expectClose(
                response.samples, try fixture.floats("\(item.name).pra"), relativeToPeak: 2e-3, "\(item.name) pra")
            let filtered = try item.room.response(
                from: item.source, to: item.microphone, sampleRate: item.sampleRate, highPass: 10)
            expectClose(
                filtered.samples, try fixture.floats("\(item.name).pra_hpf"), relativeToPeak: 2e-3,
                "\(item.name) high pass")
        }
    }

    /// 0.1 dB down to -40 dB, T30 and T20 within 1 %.
    @Test(arguments: Fixture.all(in: "dsp/rooms"))
    func decayMatches(_ fixture: Fixture) throws {
        for item in try cases(fixture) where !item.hasAir {
            let response = try item.room.response(
                from: item.source, to: item.microphone, sampleRate: item.sampleRate)
            let curve = DecayCurve(response.samples, sampleRate: item.sampleRate)
            let expected = try fixture.floats("\(item.name).edc_dB")
            // A single impulse has no decay to speak of.
            guard item.room.maximumOrder > 0 else { continue }
            for (index, level) in expected.enumerated() where level > -40 {
                #expect(abs(curve.levels[16 * index] - Double(level)) < 0.1, "\(item.name) at \(16 * index)")
            }
            for (key, end) in [("t30_schroeder", -35.0), ("t20_schroeder", -25)] {
                guard let time = item.entry[key].double else { continue }
                let ours = try required(curve.reverberationTime(to: end))
                #expect(abs(ours / time - 1) < 0.01, "\(item.name) \(key): \(ours) instead of \(time)")
            }
            for (ours, key) in [(item.room.sabineTime, "sabine_rt60"), (item.room.eyringTime, "eyring_rt60")] {
                #expect(abs(ours / (try required(item.entry[key].double)) - 1) < 1e-6, "\(item.name) \(key)")
            }
        }
    }

    /// Decay within 1 dB down to -40 dB; without air it would be further off.
    @Test(arguments: Fixture.all(in: "dsp/rooms"))
    func airAbsorbs(_ fixture: Fixture) throws {
        for item in try cases(fixture) where item.hasAir {
            let expected = try fixture.floats("\(item.name).edc_dB")
            func error(_ air: AirAbsorption?) throws -> Double {
                let response = try item.room.response(
                    from: item.source, to: item.microphone, sampleRate: item.sampleRate, air: air)
                let curve = DecayCurve(response.samples, sampleRate: item.sampleRate)
                return expected.enumerated().filter { $0.element > -40 }
                    .map { abs(curve.levels[16 * $0.offset] - Double($0.element)) }.max() ?? .infinity
            }
            let (with, without) = (try error(.indoor), try error(nil))
            #expect(with < 1, "\(item.name)")
            #expect(with < 0.5 * without, "\(item.name): \(with) dB with air, \(without) dB without")
        }
    }

    @Test(arguments: Fixture.all(in: "dsp/rooms"))
    func reverberationTimesAreInverted(_ fixture: Fixture) throws {
        for entry in try required(fixture.config["inverse_sabine"].array) {
            let room = try ShoeboxRoom(
                reverberationTime: try required(entry["rt60"].double),
                dimensions: SIMD3(try required(entry["room"].doubles)))
            #expect(room.maximumOrder == entry["max_order"].int)
            #expect(abs(room.absorption.west - (try required(entry["energy_absorption"].double))) < 1e-9)
        }
        for entry in try required(fixture.config["inverse_sabine_refused"].array) {
            let time = try required(entry[0].double), dimensions = SIMD3(try required(entry[1].doubles))
            #expect(throws: SignalError.self) { try ShoeboxRoom(reverberationTime: time, dimensions: dimensions) }
        }
    }

    /// Reverberant speech and early target against the stored convolutions, 1e-5 of the peak.
    @Test(arguments: Fixture.all(in: "dsp/rooms"))
    func targetsAreAligned(_ fixture: Fixture) throws {
        let speech = try fixture.floats("speech"), full = try fixture.floats("reverberant_full")
        let early = try fixture.floats("early50ms_full")
        let index = try required(fixture.config["convolution"]["direct_index_n0"].int)
        let item = try required(
            try cases(fixture).first {
                $0.entry["direct_peak_index_in_rir"].int == index
                    && $0.entry["length"].int == full.count - speech.count + 1
            })
        let samples = try fixture.floats("\(item.name).pra")
        let response = RoomResponse(samples: samples, sampleRate: item.sampleRate, directDelay: Double(index))
        expectClose(try Convolution.convolve(speech, with: samples), full, relativeToPeak: 1e-6)
        expectClose(try Convolution.convolve(speech, with: response.early()), early, relativeToPeak: 1e-6)
        let pair = try response.reverberate(speech)
        expectClose(pair.reverberant, Array(full[index..<index + speech.count]), relativeToPeak: 1e-6)
        expectClose(pair.target, Array(early[index..<index + speech.count]), relativeToPeak: 1e-6)
    }

    private func distance(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
        ((a - b) * (a - b)).sum().squareRoot()
    }
}
