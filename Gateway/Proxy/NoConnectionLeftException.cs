namespace RigKafka.Proxy;

/// <summary>This node has as many connections to services as it may have.</summary>
internal sealed class NoConnectionLeftException : Exception
{
    public NoConnectionLeftException()
    {
    }

    public NoConnectionLeftException(string message)
        : base(message)
    {
    }

    public NoConnectionLeftException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
