namespace RigKafka.Delivery;

/// <summary>The room for the missed messages of all clients of this node at a time.</summary>
/// <param name="mostBytes">How many bytes they may be.</param>
internal sealed class ReplayRoom(long mostBytes)
{
    private long _taken;

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= mostBytes)
        {
            return true;
        }

        GiveBack(bytes);
        return false;
    }

    public void GiveBack(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
