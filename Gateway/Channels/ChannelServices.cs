using RigKafka.Auth;
using RigKafka.Delivery;

namespace RigKafka.Channels;

/// <summary>What every client of the channel protocol needs.</summary>
internal sealed record ChannelServices(JoinPolicy Policy, FanOut FanOut, ChannelOptions Options);
