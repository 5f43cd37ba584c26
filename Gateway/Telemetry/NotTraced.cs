namespace RigKafka.Telemetry;

/// <summary>The mark of an endpoint that is asked all the time by machines that watch the node: its requests are in no trace.</summary>
internal sealed class NotTraced
{
    public static readonly NotTraced Mark = new();

    private NotTraced()
    {
    }
}
