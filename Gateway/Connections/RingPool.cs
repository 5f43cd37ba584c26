namespace RigKafka.Connections;

/// <summary>How a delivery loop keeps the rings that outboxes give back, so that a burst allocates once and a lull costs little.</summary>
internal static class RingPool
{
    /// <summary>The slots of a new ring; a power of two.</summary>
    public const int Smallest = 16;

    /// <summary>The slots of the largest ring that is kept.</summary>
    public const int Largest = 256;

    private const int MostKept = 4096;

    public static void Return(byte[][] ring, Stack<byte[][]> rings)
    {
        if (ring.Length <= Largest && rings.Count < MostKept)
        {
            rings.Push(ring);
        }
    }
}
