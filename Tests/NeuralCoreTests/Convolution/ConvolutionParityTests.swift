import NeuralCore
import TestSupport
import Testing

/// Convolutions against PyTorch's numbers: results within 2e-6, gradients within 1e-5 (relative L2 per tensor).
@Suite struct ConvolutionParityTests {
    @Test(arguments: Fixture.all(in: "neural_convolutions"))
    func matchesReference(_ fixture: Fixture) throws {
        let names = try #require(fixture.config.object).keys
        #expect(!names.isEmpty)
        for name in names { try check(name, fixture) }
    }

    private func check(_ name: String, _ fixture: Fixture) throws {
        let settings = fixture.config[name]
        var operands = [try fixture.tensor("\(name).in.x"), try fixture.tensor("\(name).w.weight")]
        if fixture.hasTensor("\(name).w.bias") { operands.append(try fixture.tensor("\(name).w.bias")) }
        let cotangent = try fixture.tensor("\(name).cot")
        let value = try convolved(operands, settings)
        expectClose(value, try fixture.tensor("\(name).out"), relativeL2: 2e-6, "\(name) result")
        let (_, gradients) = try valueAndGradient(at: operands) { try (convolved($0, settings) * cotangent).sum() }
        for (gradient, key) in zip(gradients, ["x", "weight", "bias"]) {
            expectClose(gradient, try fixture.tensor("\(name).grad.\(key)"), relativeL2: 1e-5, "\(name) \(key)")
        }
    }

    private func convolved(_ operands: [Tensor], _ settings: JSONValue) throws -> Tensor {
        let stride = try #require(settings["stride"].ints), dilation = try #require(settings["dilation"].ints)
        let padding = try #require(settings["padding"].ints), extra = try #require(settings["output_padding"].ints)
        let groups = try #require(settings["groups"].int)
        let (x, weight, bias) = (operands[0], operands[1], operands.count > 2 ? operands[2] : nil)
        switch settings["op"].string {
        case "conv1d":
            return conv1d(
                x, weight: weight, bias: bias, stride: stride[0],
                padding: Padding1D(before: padding[0], after: padding[1]), dilation: dilation[0], groups: groups)
        case "convTranspose1d":
            return convTranspose1d(
                x, weight: weight, bias: bias, stride: stride[0],
                padding: Padding1D(before: padding[0], after: padding[1]), outputPadding: extra[0],
                dilation: dilation[0], groups: groups)
        case "conv2d":
            return conv2d(
                x, weight: weight, bias: bias, stride: Size2D(stride[0], stride[1]), padding: sides(padding),
                dilation: Size2D(dilation[0], dilation[1]), groups: groups)
        default:
            return convTranspose2d(
                x, weight: weight, bias: bias, stride: Size2D(stride[0], stride[1]), padding: sides(padding),
                outputPadding: Size2D(extra[0], extra[1]), dilation: Size2D(dilation[0], dilation[1]), groups: groups)
        }
    }

    private func sides(_ padding: [Int]) -> Padding2D {
        Padding2D(top: padding[0], bottom: padding[1], left: padding[2], right: padding[3])
    }
}
