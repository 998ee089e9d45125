import AudioDSP
import NeuralCore
import Training

/// The space of one scene, as drawn.
struct SceneSpace {
    let space: any BinauralSpace
    let name: String
    /// Of a simulated room, in metres.
    let dimensions: [Double]?

    init(head: HeadRelatedResponses, sources: SceneSources, settings: SceneSettings, using random: inout Philox) throws {
        let (isFree, isMeasured) = (random.chance(settings.freeField), random.chance(settings.measuredRooms))
        if isFree {
            (space, name, dimensions) = (FreeField(head: head), "free field", nil)
        } else if isMeasured, !sources.rooms.isEmpty {
            let room = sources.rooms[random.nextInt(below: sources.rooms.count)]
            (space, name, dimensions) = (try MeasuredRoom(room.response, head: head, using: &random), room.name, nil)
        } else {
            func draw(_ interval: Interval) -> Double { Double(random.uniform(in: interval)) }
            let size = SIMD3(draw(settings.roomLength), draw(settings.roomWidth), draw(settings.roomHeight))
            // A metre from the walls, where the room is large enough.
            func along(_ side: Double) -> Double {
                let margin = Float(min(1, 0.4 * side))
                return draw(Interval(margin, Float(side) - margin))
            }
            let position = SIMD3(along(size.x), along(size.y), draw(Interval(1.2, Float(min(1.8, size.z - 0.5)))))
            space = try BinauralRoom(
                dimensions: size, reverberationTime: draw(settings.reverberationTime), position: position,
                facing: draw(Interval(0, 360)), head: head)
            (name, dimensions) = ("room", [size.x, size.y, size.z])
        }
    }
}
