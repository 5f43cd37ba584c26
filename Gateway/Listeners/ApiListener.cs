using Microsoft.AspNetCore.Connections;

namespace RigKafka.Listeners;

/// <summary>
/// The mark on a connection that came in on the API port. Ports and Host headers would not do: a header is the client's word, and the port is
/// unknown beforehand where any free one is taken. Connections from outside carry no mark, since they are many.
/// </summary>
internal sealed class ApiListener
{
    private static readonly ApiListener Mark = new();

    private ApiListener()
    {
    }

    public static bool Accepted(HttpContext context) => context.Features.Get<ApiListener>() is not null;

    public static ConnectionDelegate MarkConnection(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(Mark);
        return next(connection);
    };
}
