import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

/// EnCodec against transformers: numbers within 1e-5 of the largest, codes equal.
@Suite struct EnCodecParityTests {
    static let fixtures = ["music/encodec_24k", "music/encodec_32k"].flatMap(Fixture.all)

    @Test(arguments: fixtures) func layers(_ fixture: Fixture) throws {
        let codec = try fixture.encodec(), first = try fixture.tensor("wav0").sliced(axis: 0, 0..<1)
        var compared = 0
        func compare(_ sequence: StreamSequence, _ input: Tensor, _ side: String) throws {
            var columns = input
            for (index, stream) in sequence.streams.enumerated() {
                var stream = stream
                columns = stream.process(columns, isLast: true)
                let name = "\(side)_layer\(index < 10 ? "0" : "")\(index)"
                guard fixture.hasTensor(name) else { continue }
                expectReference(columns, try fixture.tensor(name), name)
                compared += 1
            }
        }
        try compare(codec.pipeline.encoder, first, "enc")
        let vectors = codec.pipeline.quantizer.decode(try fixture.codes("rand_codes", item: 0))
        try compare(codec.pipeline.decoder, vectors.transposed([1, 0]).expanded(at: 0), "dec")
        #expect(compared == fixture.names.count { $0.contains("_layer") } && compared > 10)
    }

    @Test(arguments: fixtures) func batches(_ fixture: Fixture) throws {
        let codec = try fixture.encodec()
        for number in 0..<2 {
            var encoder = codec.pipeline.encoder
            expectReference(
                encoder.process(try fixture.tensor("wav\(number)"), isLast: true), try fixture.tensor("emb\(number)"), "emb\(number)")
        }
    }

    @Test(arguments: fixtures) func codesAndSamples(_ fixture: Fixture) throws {
        let names = fixture.names.filter { $0.hasPrefix("codes") }
        #expect(names.count >= 2)
        for name in names {
            let count = try fixture.shape(name)[2], number = name.dropFirst(5).first!
            let rate = name.drop { $0 != "_" }
            let codec = try fixture.encodec(codebooks: count)
            for item in 0..<2 {
                let codes = try fixture.codes(name, item: item)
                #expect(try codec.encode(fixture.signal("wav\(number)", item: item)) == codes, "\(name) of \(item)")
                let quantized = try fixture.tensor("quantized\(number)\(rate)").sliced(axis: 0, item..<item + 1).squeezed(at: 0)
                expectReference(codec.pipeline.quantizer.decode(codes).transposed([1, 0]), quantized, "quantized, \(name)")
                expectReference(
                    try codec.decode(codes)[0], try fixture.signal("decoded\(number)\(rate)", item: item)[0], "decoded, \(name)")
            }
        }
        let codec = try fixture.encodec()
        for item in 0..<2 {
            expectReference(
                try codec.decode(fixture.codes("rand_codes", item: item))[0], try fixture.signal("rand_decoded", item: item)[0],
                "rand_decoded")
        }
    }

    /// All ways to name weights give the same network, bit for bit.
    @Test(arguments: fixtures) func namings(_ fixture: Fixture) throws {
        let codes = try fixture.codes("rand_codes", item: 0), samples = try fixture.encodec().decode(codes)
        let older = RenamedTensors(try fixture.weights) { name in
            name.replacingOccurrences(of: "parametrizations.weight.original0", with: "weight_g")
                .replacingOccurrences(of: "parametrizations.weight.original1", with: "weight_v")
        }
        let configuration = try EnCodecConfiguration(fixture.config, path: "config.json")
        #expect(older.names.contains("decoder.layers.0.conv.weight_g"))
        #expect(try EnCodec(configuration, weights: older).decode(codes) == samples)
        #expect(try EnCodec(configuration, weights: WeightNormalizedTensors(older)).decode(codes) == samples)
        if FileManager.default.fileExists(atPath: fixture.path(of: "model.oldnames.safetensors")) {
            #expect(try fixture.encodec(weights: "model.oldnames.safetensors").decode(codes) == samples)
        }
    }
}
