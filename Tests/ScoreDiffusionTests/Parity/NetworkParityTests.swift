import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Outputs and gradients within `NetworkTolerance` of the reference, relative L2 per tensor.
@Suite struct NetworkParityTests {
    static let sets = Fixture.all(in: "sgmse").filter {
        $0.config["backbone"].string?.hasPrefix("ncsnpp") == true && $0.hasTensor("cot") && $0.hasTensor("x_t")
    }

    @Test(arguments: sets)
    func outputsMatchReference(_ fixture: Fixture) throws {
        let network = try fixture.network(fixture.config), tolerance = NetworkTolerance(of: fixture).output
        let (state, noisy) = (try fixture.spectra("x_t"), try fixture.spectra("y"))
        var compared = 0
        let output = try withoutThrowing { report in
            network.forward(state, noisy: noisy, times: try fixture.doubles("t")) { module, output in
                let name = "act.all_modules.\(module)"
                guard fixture.hasTensor(name) else { return }
                compared += 1
                report {
                    // Fourier features are sines of up to a thousand radians.
                    let expected = try fixture.floats(name)
                    expectClose(output.values, expected, relativeL2: tolerance, "module \(module)")
                }
            }
        }
        expectClose(output.values, try fixture.spectra("out").values, relativeL2: tolerance, "output")
        #expect(compared == fixture.names.filter { $0.hasPrefix("act.") }.count)
    }

    @Test(arguments: sets)
    func gradientsMatchReference(_ fixture: Fixture) throws {
        let expectedNames = fixture.names.filter { $0.hasPrefix("grad.dnn.") }
        guard !expectedNames.isEmpty else { return }
        let tolerance = NetworkTolerance(of: fixture).gradient
        let model = WithInputs(
            layer: try fixture.network(fixture.config),
            inputs: Variables(try fixture.spectra("x_t"), try fixture.spectra("y")))
        let (times, cotangent) = (try fixture.doubles("t"), try fixture.spectra("cot"))
        let (loss, gradients) = valueAndGradient(of: model) { model in
            (model.layer(model.inputs.tensors[0], noisy: model.inputs.tensors[1], times: times) * cotangent).sum()
        }
        if let expected = fixture.io["values"]["loss"].float {
            expectClose([loss.item], [expected], relativeL2: tolerance, "loss")
        }
        let largest = gradients.tensors.reduce(Float(0)) { max($0, $1.values.map(abs).max() ?? 0) }
        for name in expectedNames {
            let gradient = try #require(gradients["layer." + name.dropFirst("grad.dnn.".count)], "no gradient \(name)")
            if name.hasSuffix("NIN_1.b") {
                expectClose(gradient.values, try fixture.floats(name), absolute: 1e-5 * Double(largest), name)
            } else {
                expectClose(gradient.values, try fixture.floats(name), relativeL2: tolerance, name)
            }
        }
        #expect(gradients.names.count == expectedNames.count + 2)
        for (index, name) in ["grad_in.x_t", "grad_in.y"].enumerated() {
            let gradient = try #require(gradients["inputs.\(index)"])
            expectClose(gradient.values, try fixture.spectra(name).values, relativeL2: tolerance, name)
        }
    }

    @Test(arguments: sets)
    func parameterNamesAreThePublishedOnes(_ fixture: Fixture) throws {
        let network = try fixture.network(fixture.config)
        let names = Set(network.namedParameters().map { "dnn." + $0.0 })
        #expect(names == Set(try fixture.weights.names))
        #expect(network.configuration.parameterCount == network.namedParameters().reduce(0) { $0 + $1.1.count })
    }
}

/// Lets a closure that cannot throw report an error to its caller.
private func withoutThrowing<Result>(_ body: (_ report: (() throws -> Void) -> Void) throws -> Result) throws -> Result {
    var failure: (any Error)?
    let result = try body { work in
        do { try work() } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
    return result
}
