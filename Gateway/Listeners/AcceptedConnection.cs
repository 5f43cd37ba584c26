using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using RigKafka.Http;

namespace RigKafka.Listeners;

/// <summary>A connection of the transport below, and whether it is in use. It counts until the transport has let go of it.</summary>
internal sealed class AcceptedConnection : ConnectionContext
{
    private readonly ConnectionContext _inner;
    private readonly AcceptedConnections _all;

    public AcceptedConnection(ConnectionContext inner, AcceptedConnections all)
    {
        (_inner, _all, Place) = (inner, all, new LinkedListNode<AcceptedConnection>(this));
        inner.Features.Set(this);
        if (all.IsApi)
        {
            inner.Features.Set(new BodyWait(() => all.AwaitBody(this), () => all.TakeBody(this)));
        }
    }

    /// <summary>Its place among those that would give way, if it is one of them.</summary>
    public LinkedListNode<AcceptedConnection> Place { get; }

    /// <summary>How many requests are being answered on it; its set's to change, and so are the next four.</summary>
    public int Requests { get; set; }

    /// <summary>How many others wait for their body.</summary>
    public int Bodies { get; set; }

    /// <summary>Whether a request on it was answered.</summary>
    public bool HasAnswered { get; set; }

    /// <summary>Whether it is on its way out.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>Whether somebody else than the server has its socket now, and it counts until that one closes it.</summary>
    public bool IsHandedOver { get; set; }

    /// <summary>Whether it came in on an API port.</summary>
    public bool IsApi => _all.IsApi;

    public override string ConnectionId
    {
        get => _inner.ConnectionId;
        set => _inner.ConnectionId = value;
    }

    public override IFeatureCollection Features => _inner.Features;

    public override IDictionary<object, object?> Items
    {
        get => _inner.Items;
        set => _inner.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _inner.Transport;
        set => _inner.Transport = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _inner.LocalEndPoint;
        set => _inner.LocalEndPoint = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _inner.RemoteEndPoint;
        set => _inner.RemoteEndPoint = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => _inner.ConnectionClosed;
        set => _inner.ConnectionClosed = value;
    }

    /// <summary>Answers a request on it. Over HTTP/2 there may be several at a time.</summary>
    public async Task Answer(HttpContext context, RequestDelegate answer)
    {
        _all.Use(this);
        try
        {
            await answer(context);
        }
        finally
        {
            _all.Release(this);
        }
    }

    /// <summary>Has it count though the server lets go of it, until the new owner of the socket says that it is closed.</summary>
    /// <returns>Whom to tell, see <see cref="AcceptedConnections.Forget"/>.</returns>
    public AcceptedConnections HandOver()
    {
        _all.HandOver(this);
        return _all;
    }

    public override void Abort(ConnectionAbortedException abortReason) => _inner.Abort(abortReason);

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await _inner.DisposeAsync();
        }
        finally
        {
            _all.Remove(this);
        }

        await base.DisposeAsync();
    }
}
