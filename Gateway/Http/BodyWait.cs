using Microsoft.AspNetCore.Connections;

namespace RigKafka.Http;

/// <summary>
/// A feature of a connection that may give way to another one while a request on it waits for its body: a client that sends no more than
/// the beginning would keep its place for good otherwise.
/// </summary>
/// <param name="begin">Called when a request has to wait for its body.</param>
/// <param name="end">Called when it waits no more, whether it has the body or not.</param>
internal sealed class BodyWait(Action begin, Action end)
{
    private readonly Action _begin = begin;
    private readonly Action _end = end;

    /// <summary>Waits until a body, or a part of it, is read.</summary>
    /// <exception cref="ConnectionResetException">The client is gone.</exception>
    public static async ValueTask<T> For<T>(HttpContext context, ValueTask<T> read)
    {
        var wait = read.IsCompleted ? null : context.Features.Get<BodyWait>();
        wait?._begin();
        try
        {
            return await read;
        }
        catch (IOException gone) when (gone is not (BadHttpRequestException or ConnectionResetException))
        {
            // Over HTTP/2 the server has no exception of its own for it.
            throw new ConnectionResetException(gone.Message, gone);
        }
        finally
        {
            wait?._end();
        }
    }
}
