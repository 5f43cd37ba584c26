namespace RigKafka.Connections;

/// <summary>
/// Sends to the connections of a delivery loop what concerns the node and is no message: heartbeats, the position, notices to everyone.
/// For the loop alone.
/// </summary>
/// <param name="loop">The loop.</param>
/// <param name="registry">Knows the channels of a connection.</param>
/// <param name="writer">Takes the frames.</param>
/// <param name="wheel">Says whose turn it is, and who is there.</param>
internal sealed class NodeNotices(DeliveryLoop loop, ConnectionRegistry registry, OutboxWriter writer, HeartbeatWheel wheel)
{
    /// <summary>Sends a sign of life to the connections whose turn it is.</summary>
    /// <param name="id">The node's position, after all that was handed over before.</param>
    public void Heartbeat(byte[] id)
    {
        var frames = new byte[]?[WireFormat.Count];
        Event? position = null;
        for (var connection = wheel.Turn(); connection is not null; connection = connection.Wheel.Next)
        {
            if (connection.Hold is not null)
            {
                // It has not been given everything up to here.
                writer.Add(connection, connection.Format.Heartbeat(default));
                continue;
            }

            writer.Add(connection, frames[connection.Format.Slot] ??= wheel.IsPositionTurn
                ? connection.Format.HeartbeatWithPosition(id)
                : connection.Format.Heartbeat(id));
            if (connection.HasIdsByTopic && wheel.IsPositionTurn)
            {
                TellPosition(connection, position ??= Event.Position(id));
            }
        }
    }

    /// <summary>Tells it on each topic for which the client asked for ids.</summary>
    private void TellPosition(Connection connection, Event position)
    {
        foreach (var channel in registry.ChannelsOf(connection))
        {
            if (channel is { IsLinked: true, Hold: null, Format.HasIds: true })
            {
                writer.Add(connection, channel.Format.Encode(position.On(channel.Topic.Topic)));
            }
        }
    }

    /// <summary>Tells everyone: once where the client hears all topics as one stream, else on each of these topics.</summary>
    public void Broadcast(Event pushed, TopicListeners[] topics)
    {
        foreach (var connection in wheel.All())
        {
            if (!connection.Format.IsByTopic)
            {
                Give(connection, connection.Hold, pushed, connection.Format);
            }
        }

        foreach (var topic in topics)
        {
            var onTopic = pushed.On(topic.Topic);
            for (var channel = topic.First(loop); channel is not null; channel = channel.Next)
            {
                if (channel.Format.IsByTopic)
                {
                    Give(channel.Connection, channel.Hold, onTopic, channel.Format);
                }
            }
        }
    }

    private void Give(Connection connection, Hold? hold, Event pushed, WireFormat format)
    {
        if (hold is null)
        {
            writer.Add(connection, pushed.Frame(format));
        }
        else
        {
            hold.Take(pushed, format, writer.Mark);
        }
    }
}
